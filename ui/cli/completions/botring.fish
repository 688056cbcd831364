# Completes botring in fish: botring completion fish. Nothing of what is typed is evaluated.
function __botring_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string replace -ra '["\'\\\\]' '')
    set -l found (command $words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$found" = :0
        __fish_complete_path "$current"
        return
    end
    set -l before (string match -r -- '^--[^=]+=' "$current")
    for line in $found[1..-2]
        echo "$before$line"
    end
end
complete -c botring -f -a '(__botring_complete)'
