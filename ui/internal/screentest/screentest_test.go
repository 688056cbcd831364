package screentest_test

import (
	"os/exec"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"botring/ui/internal/screentest"
)

// echo shows what it was sent last.
type echo struct {
	last string
	dark string
	size tea.WindowSizeMsg
}

func (e echo) Init() tea.Cmd { return tea.RequestBackgroundColor }

func (e echo) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if msg.String() == "ctrl+c" {
			return e, tea.Quit
		}
		e.last = "key " + msg.String()
	case tea.PasteMsg:
		e.last = "paste " + strings.ReplaceAll(msg.Content, "\n", "|")
	case tea.BackgroundColorMsg:
		e.dark = "light"
		if msg.IsDark() {
			e.dark = "dark"
		}
	case tea.WindowSizeMsg:
		e.size = msg
	}
	return e, nil
}

func (e echo) View() tea.View {
	v := tea.NewView(lipgloss.NewStyle().Foreground(lipgloss.Color("#FF0000")).Render("echo") + " " + e.dark + "\n" + e.last)
	v.AltScreen = true
	return v
}

func TestScreenShowsWhatIsTyped(t *testing.T) {
	s := screentest.Run(t, echo{}, 40, 5, screentest.Dark)
	s.See("echo dark")
	s.Type("ab")
	s.See("key b")
	s.Press(uv.KeyEnter)
	s.See("key enter")
	s.Paste("two\nlines")
	s.See("paste two|lines")
	s.Resize(20, 3)
	s.See("echo dark")
	if !strings.Contains(s.Styled(), "\x1b[38;2;255;0;0m") {
		t.Errorf("no red in %q", s.Styled())
	}
	s.Ctrl('c')
	if err := s.Ended(); err != nil {
		t.Error(err)
	}
}

func TestLooks(t *testing.T) {
	s := screentest.Run(t, echo{}, 40, 5, screentest.Light)
	s.See("echo light")
	n := screentest.Run(t, echo{}, 40, 5, screentest.NoColor)
	n.See("echo")
	n.Settled()
	if strings.Contains(n.Styled(), "38;2") {
		t.Errorf("colour without colours: %q", n.Styled())
	}
}

func TestStartRunsACommandOnAPseudoTerminal(t *testing.T) {
	s := screentest.Start(t, exec.Command("sh", "-c", `stty size; read -r line; echo "read: $line"; stty size`), 50, 7)
	s.See("7 50")
	s.Resize(33, 5)
	s.Type("hello")
	s.Press(uv.KeyEnter)
	s.See("read: hello")
	s.See("5 33")
	if err := s.Ended(); err != nil {
		t.Error(err)
	}
}
