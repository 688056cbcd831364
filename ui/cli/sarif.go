package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"botring/fleet/fault"
	"botring/fleet/radar"
)

// SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), as far as hosts of code read it.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   *sarifProperties  `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifProperties struct {
		Commit string `json:"commit"`
		Date   string `json:"date,omitempty"`
	}
)

func (s *shell) sarifOf(report radar.Report, known ringKnown) sarifLog {
	rules := ruleNames()
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "botring", Version: s.Version}
	for _, name := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{name, sarifMessage{ruleInWords(name)}})
	}
	seen := map[string]int{}
	for _, found := range report.Findings {
		rule, level := ruleOf(found)
		called, _ := known.owner(found)
		text := upper(fault.ScanSecret(found, called)) + ", at " + fault.ScanPlace(found) + "."
		if _, verdict := known.verdict(found); verdict != "" {
			text += " Asked now: " + verdict + "."
		}
		if mend := known.mend(found); mend != "" {
			text += " " + mend
		}
		result := sarifResult{
			RuleID: rule, RuleIndex: slices.Index(rules, rule), Level: level, Message: sarifMessage{text},
			Fingerprints: map[string]string{"botring/v1": fingerprint(rule, found, seen)},
		}
		if found.Message { // it is in no file, and every result has to be in one
			found.Path, found.Inside, found.Line = ".git", 0, 0
		}
		outer := found.Path[:len(found.Path)-found.Inside]
		location := sarifPhysical{Artifact: sarifArtifact{uriOf(outer)}}
		if found.Line > 0 && found.Inside == 0 {
			location.Region = &sarifRegion{found.Line}
		}
		result.Locations = []sarifLocation{{location}}
		if found.Commit != "" {
			result.Properties = &sarifProperties{Commit: found.Commit}
			if date := timestamp(found.Date); date != nil {
				result.Properties.Date = *date
			}
		}
		run.Results = append(run.Results, result)
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

// ruleOf is the sort of a finding, as SARIF names it, and how grave it is there.
func ruleOf(found radar.Finding) (rule, level string) {
	rule = strings.ReplaceAll(string(found.Kind), "_", "-")
	switch {
	case found.Old():
		return "old-" + rule, "note"
	case found.Known:
		return rule, "error"
	}
	return "unknown-" + rule, "warning"
}

// ruleNames are all that ruleOf returns.
func ruleNames() []string {
	var names []string
	for _, before := range []string{"", "old-", "unknown-"} {
		for _, kind := range []radar.Kind{radar.Token, radar.APIHash, radar.Session} {
			names = append(names, before+strings.ReplaceAll(string(kind), "_", "-"))
		}
	}
	slices.Sort(names)
	return names
}

// ruleInWords says what a rule finds.
func ruleInWords(rule string) string {
	kind := rule[strings.LastIndexByte(rule, '-')+1:]
	if strings.HasSuffix(rule, "api-hash") {
		kind = "api_hash"
	}
	switch {
	case strings.HasPrefix(rule, "old-"):
		return "A bot's " + kind + " that has been replaced."
	case strings.HasPrefix(rule, "unknown-"):
		return "What has the shape of a bot's " + kind + "."
	}
	return "The " + kind + " of a bot on the ring."
}

// fingerprint tells a finding from others, from one scan to the next, and nothing of the secret: which of its sort it is in
// its file.
func fingerprint(rule string, found radar.Finding, seen map[string]int) string {
	what := fmt.Sprintf("%s\x00%d\x00%s\x00%s", rule, found.ID, filepath.ToSlash(found.Path), found.Commit)
	seen[what]++
	sum := sha256.Sum256(fmt.Appendf([]byte(what), "\x00%d", seen[what]))
	return hex.EncodeToString(sum[:16])
}

// uriOf is a path as SARIF has it: relative ones stay so.
func uriOf(path string) string {
	path = filepath.ToSlash(filepath.Clean(path))
	if filepath.IsAbs(path) || strings.HasPrefix(path, "/") {
		return (&url.URL{Scheme: "file", Path: path}).String()
	}
	return (&url.URL{Path: path}).String()
}
