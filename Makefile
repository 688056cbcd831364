# What developers do here. `make test` is what CI runs.

version := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
ldflags := -s -w -X botring/ui/cli.version=$(version)

.PHONY: test build bench measure golden lint demo-gif clean

test: ## everything that has to hold: format, modules, vet, lint, cross builds, tests
	@scripts/test.sh

build: ## ./botring, static and stripped
	CGO_ENABLED=0 go build -trimpath -ldflags "$(ldflags)" -o botring .

bench: ## every benchmark, a few rounds of each
	go test -run '^$$' -bench . -benchtime 20x -benchmem ./...

measure: build ## start time, size, memory: what the program promises to stay under
	@scripts/measure.sh ./botring

golden: ## draw the expected screens anew; read the diff before committing it
	go test ./ui/... -update

lint:
	golangci-lint run ./...

demo-gif: ## record docs/demo.gif again
	docs/demo/record.sh

clean:
	rm -f botring
