#compdef botring
# Completes botring in zsh: botring completion zsh. Nothing of what is typed is evaluated.
_botring() {
	local -a found names
	local line name
	found=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	local directive=$found[-1]
	shift -p found
	[[ $PREFIX != --*=* ]] || compset -P '*='
	for line in $found; do
		name=${line%%$'\t'*}
		names+=("${name//:/\\:}:${line#*$'\t'}")
	done
	if (( $#names )); then
		_describe -V botring names
	elif [[ $directive == :0 ]]; then
		_files
	fi
}
if [[ $funcstack[1] == _botring ]]; then
	_botring "$@"
else
	compdef _botring botring
fi
