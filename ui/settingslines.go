package ui

import (
	"strings"

	"botring/fleet/fault"
)

const (
	settingKeyWidth   = 14
	settingValueWidth = 10
)

func (s settings) View(size size) view {
	t := s.sh.theme
	v := view{trail: "Settings", status: s.says}
	if s.changing {
		v.trail += " " + t.glyphs.trail + " " + s.current().Key
		v.body, v.cursor = s.form.lines(s.sh, size.width)
		v.status = ""
		for _, line := range prose(s.says, size.width) {
			v.body = append(v.body, t.bad.Render(line))
		}
		v.body = append(v.body, "")
		v.body = append(v.body, prose(s.current().Says, size.width)...)
		if size.height > len(v.body)+1 {
			v.body = append(v.body, "")
			v.body = append(v.body, prose(t.dim.Render(fault.Clean(s.sh.settings.Place())), size.width)...)
		}
		return v
	}
	about := append([]string{""}, prose(s.current().Says, size.width)...)
	room := max(1, size.height-len(about))
	from, to := window(s.at, len(s.all), room)
	for i := from; i < to; i++ {
		v.body = append(v.body, s.line(i, size.width))
	}
	v.body = append(v.body, about...)
	return v
}

// line draws one setting.
func (s settings) line(i, width int) string {
	t, one := s.sh.theme, s.all[i]
	bar, name := " ", t.text
	if i == s.at {
		bar, name = t.focus.Render(t.glyphs.row), t.strong
	}
	from := "as usual"
	switch {
	case one.Above != "":
		from = "by " + one.Above
	case one.Chosen:
		from = "configured"
	}
	line := " " + bar + " " + name.Render(t.pad(one.Key, settingKeyWidth)) + "  " +
		t.text.Render(t.pad(fault.Clean(one.Value), settingValueWidth)) + strings.Repeat(" ", gapWidth) + t.dim.Render(from)
	return t.cut(line, width)
}
