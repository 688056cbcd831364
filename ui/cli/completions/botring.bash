# Completes botring in bash, from 4.0 on: botring completion bash. Nothing of what is typed is evaluated.
_botring() {
	local line=${COMP_LINE:0:COMP_POINT} part i
	local -a typed=() words=() found=()
	# Bash takes words apart at @, : and =. Those with nothing between them are one.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		part=${COMP_WORDS[i]}
		if ((i > 0)) && [[ $line != [[:space:]]* ]]; then
			typed[${#typed[@]} - 1]+=$part
		else
			line=${line#"${line%%[![:space:]]*}"}
			typed+=("$part")
		fi
		line=${line#"$part"}
	done
	local current=${typed[${#typed[@]} - 1]}
	for part in "${typed[@]:1}"; do
		words+=("${part//[\"\'\\]/}")
	done

	mapfile -t found < <("$1" __completeNoDesc "${words[@]}" 2>/dev/null)
	((${#found[@]} > 0)) || return
	local directive=${found[${#found[@]} - 1]}
	unset "found[${#found[@]} - 1]"
	if [[ $directive == :0 ]] && ((${#found[@]} == 0)); then
		compopt -o default # files
		return
	fi
	[[ $directive != :2 && $directive != :6 ]] || compopt -o nospace

	# Of a word that bash has taken apart only the end, $2, is replaced. Within quotes it takes nothing apart and quotes nothing.
	local before=
	if [[ $current != [\"\']* ]]; then
		[[ $current != *"$2" ]] || before=${current%"$2"}
		for i in "${!found[@]}"; do
			part=${found[i]#"$before"}
			printf -v "found[$i]" %q "$part"
		done
	fi
	COMPREPLY=("${found[@]}")
}
complete -F _botring botring
