package fault

import (
	"fmt"
	"testing"

	"botring/fleet"
	"botring/telegram/sessionstring"
)

func TestEveryReasonOfASession(t *testing.T) {
	seen := map[string]string{}
	for i, name := range constants(t, "../../telegram/sessionstring", "Reason") {
		reason := sessionstring.Reason(i + 1) // they start at one
		for _, kind := range append(sessionstring.Kinds(), sessionstring.Unknown) {
			for _, want := range []int{0, 263} {
				f := Of(fmt.Errorf("read session: %w", &sessionstring.Error{Kind: kind, Reason: reason, Field: sessionstring.FieldTest, Got: want, Want: want}))
				checkWords(t, f)
				if reason == sessionstring.UserAccount && f.Kind != "not_a_bot" || reason != sessionstring.UserAccount && f.Kind != "invalid_session" {
					t.Errorf("%s is %q", name, f.Kind)
				}
				if other := seen[f.What+f.Why]; other != "" && other != name {
					t.Errorf("%s reads as %s", name, other)
				}
				seen[f.What+f.Why] = name
			}
		}
	}
	if len(seen) < 11 {
		t.Errorf("%v", seen)
	}
}

func TestEveryProblemOfASession(t *testing.T) {
	for i := range constants(t, "../../telegram/sessionstring", "Problem") {
		for _, field := range append(sessionstring.Fields(), 0) {
			for _, kind := range sessionstring.Kinds() {
				f := Of(fmt.Errorf("convert session: %w", &sessionstring.FormatError{Kind: kind, Field: field, Problem: sessionstring.Problem(i + 1)}))
				checkWords(t, f)
				if f.Kind != "invalid_input" {
					t.Errorf("%v, %v is %q", kind, field, f.Kind)
				}
			}
		}
	}
	for _, field := range []fleet.SessionField{fleet.SessionAPIID, fleet.SessionUserID, fleet.SessionTest} {
		f := Of(fmt.Errorf("convert session: %w", &fleet.SessionContradictionError{Field: field}))
		checkWords(t, f)
		if f.Kind != "invalid_input" {
			t.Errorf("%v is %q", field, f.Kind)
		}
	}
}

func TestSessionFields(t *testing.T) {
	seen := map[string]bool{SessionField(0): true}
	for _, field := range sessionstring.Fields() {
		if seen[SessionField(field)] {
			t.Errorf("%v is named as another", field)
		}
		seen[SessionField(field)] = true
	}
}
