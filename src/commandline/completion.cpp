#include "commandline/completion.hpp"

#include "base/text.hpp"

namespace phial::commandline {

void offer_word(Completion& out, std::string_view text, std::string_view meaning) {
  if (text.starts_with(out.typed))
    out.candidates.push_back({out.prefix + std::string(text), meaning});
}

namespace {

void offer_value(Completion& out, const Option& option) {
  if (!option.choices.empty())
    for (std::string_view choice : split(option.choices, '|'))
      offer_word(out, choice, {});
  else
    out.offer = option.offer;
}

void offer_flags(Completion& out, const Options& options) {
  for (std::size_t i = 0; i < options.size(); ++i)
    if (!options[i].hidden)
      offer_word(out, "--" + std::string(options[i].name), options[i].help);
  if (options.find("help") == nullptr)
    offer_word(out, "--help", "Explain the command");
}

// The option whose value the next word is, if `word` is a flag that needs one and does not hold it.
const Option* awaits_value(const Options& options, std::string_view word) {
  const Option* option = nullptr;
  if (word.starts_with("--") && word.find('=') == std::string_view::npos)
    option = options.find(word.substr(2));
  else if (options.one_dash && word.size() > 2 && word[0] == '-' && options.find(word.substr(1)) != nullptr)
    option = options.find(word.substr(1));
  else if (word.size() >= 2 && word[0] == '-' && word[1] != '-')
    for (std::size_t i = 1; i < word.size(); ++i) {
      option = options.find(word[i]);
      if (option != nullptr && !option->value.empty())
        return i + 1 == word.size() ? option : nullptr;
    }
  return option != nullptr && !option->value.empty() ? option : nullptr;
}

} // namespace

// Walks over flags and words up to the one being typed.
Place walk(const Options& options, std::span<const std::string_view> words, bool stop) {
  Place place;
  std::size_t i = 0;
  for (; i + 1 < words.size(); ++i) {
    if (words[i] == "--") {
      place.flags = false;
      place.words += words.size() - 2 - i;
      break;
    }
    if (words[i].size() < 2 || words[i][0] != '-') {
      ++place.words;
      if (stop) {
        place.flags = false;
        break;
      }
    } else if (const Option* option = awaits_value(options, words[i]); option != nullptr) {
      if (i + 2 == words.size())
        place.value = option;
      ++i;
    }
  }
  place.next = i;
  return place;
}

void offer_here(Completion& out, const Options& options, const Place& place, Offer words) {
  if (place.value != nullptr) {
    offer_value(out, *place.value);
    return;
  }
  if (!place.flags || !out.typed.starts_with("-")) {
    out.offer = words;
    return;
  }
  std::size_t equal = out.typed.find('=');
  if (equal == std::string::npos) {
    offer_flags(out, options);
    return;
  }
  const Option* option = options.find(std::string_view(out.typed).substr(2, equal - 2));
  out.prefix = out.typed.substr(0, equal + 1);
  out.typed.erase(0, equal + 1);
  if (option != nullptr)
    offer_value(out, *option);
}

namespace {

// Each line of `PROGRAM __complete` is "candidate<TAB>meaning"; a line ":files" or ":directories" asks the shell for
// its own.
// @P is the program, @F its name in a function's.
constexpr std::string_view kBash = R"(# bash completion for @P
_@F() {
  local line word=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cur all cword
    _get_comp_words_by_ref -n =: cur && word=$cur
    _get_comp_words_by_ref -n =: -w all -i cword && words=("${all[@]:1:cword}")
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "${word#*=}") ;;
      :directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "${word#*=}") ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <(@P __complete -- "${words[@]}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$word"; fi
}
complete -F _@F @P
)";

constexpr std::string_view kZsh = R"(#compdef @P
_@F() {
  local line
  local -a offers
  while IFS= read -r line; do
    case $line in
      :files) _files; return ;;
      :directories) _files -/; return ;;
      *) offers+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(@P __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe '@P' offers
}
if [ "$funcstack[1]" = "_@F" ]; then _@F "$@"; else compdef _@F @P; fi
)";

constexpr std::string_view kFish = R"(# fish completion for @P
function __@F_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (@P __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':directories'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c @P -f -a '(__@F_complete)'
)";

std::string fill_in(std::string_view script, std::string_view program) {
  std::string function(program);
  for (char& c : function)
    if (c == '-')
      c = '_';
  std::string out;
  for (std::size_t i = 0; i < script.size(); ++i) {
    std::string_view two = script.substr(i, 2);
    if (two != "@P" && two != "@F") {
      out += script[i];
      continue;
    }
    out += two == "@P" ? program : std::string_view(function);
    ++i;
  }
  return out;
}

} // namespace

Result<std::string> completion_script(std::string_view program, std::string_view shell) {
  if (shell == "bash")
    return fill_in(kBash, program);
  if (shell == "zsh")
    return fill_in(kZsh, program);
  if (shell == "fish")
    return fill_in(kFish, program);
  return fail(Kind::usage, "no completion for \"" + std::string(shell) + "\"", "there is one for bash, zsh and fish");
}

} // namespace phial::commandline
