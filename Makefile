# What developers do here. `make test` is what CI runs.

# Where there is one to be had, a keyring that is thrown away.
keyring := $(if $(shell command -v gnome-keyring-daemon),scripts/with-keyring.sh)

.PHONY: test test-long build dist bench bench-all bench-compare allocs measure golden lint demo-gif clean

test: ## everything that has to hold: format, modules, vet, lint, cross builds, tests
	@scripts/test.sh

test-long: ## every story on every keyring; kill -9 at every step of every write, and 200 times at any moment; a week of watch over 500 bots
	BOTRING_LONG=1 $(keyring) go test -race -timeout 60m -v -run '^Test(Killed|Scripts)' ./ui/cli
	BOTRING_LONG=1 go test -timeout 10m -v -run "^TestAWeekOfWatch" ./fleet

build: ## ./botring, static and stripped; its version is the repository's, as Go records it
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o botring .

dist: ## what is given to people, for all systems, into dist/: archives, Debian packages, checksums
	scripts/dist.sh

bench: ## one table: what botring takes beside others, and beside what it takes of less
	@scripts/bench.sh

bench-all: ## every benchmark, a few rounds of each
	$(keyring) go test -run '^$$' -bench . -benchtime 20x ./...

bench-compare: ## benchmarks beside those of the last commit: make bench-compare P=./fleet B=CheckMany
	@scripts/bench-compare.sh $(or $(P),./fleet) $(or $(B),.)

allocs: ## what benchmarks allocate, beside what they did; part of make test
	@go run ./scripts/bench allocs

measure: build ## start time, size, memory: what the program promises to stay under
	@scripts/measure.sh ./botring

golden: ## draw the expected screens anew; read the diff before committing it
	go test ./ui ./ui/internal/screentest -update

lint:
	golangci-lint run ./...

demo-gif: ## record docs/demo.gif again
	docs/demo/record.sh

clean:
	rm -rf botring dist
