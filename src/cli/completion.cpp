#include "cli/completion.hpp"

#include "base/text.hpp"

namespace phial::cli {

namespace {

void offer_word(Completion& out, std::string_view text, std::string_view meaning) {
  if (text.starts_with(out.typed))
    out.candidates.push_back({out.prefix + std::string(text), meaning});
}

void offer_value(Completion& out, const Option& option) {
  if (!option.choices.empty())
    for (std::string_view choice : split(option.choices, '|'))
      offer_word(out, choice, {});
  else
    out.offer = option.offer;
}

void offer_verbs(Completion& out) {
  for (const Verb* verb : all_verbs())
    if (verb->group != Group::hidden && !verb->noun_only)
      offer_word(out, verb->name, verb->summary);
  for (const Noun& noun : all_nouns())
    offer_word(out, noun.name, noun.summary);
}

void offer_flags(Completion& out, const Options& options) {
  for (std::size_t i = 0; i < options.size(); ++i)
    offer_word(out, "--" + std::string(options[i].name), options[i].help);
  if (options.find("help") == nullptr)
    offer_word(out, "--help", "Explain the command");
}

// The option whose value the next word is, if `word` is a flag that needs one and does not hold it.
const Option* awaits_value(const Options& options, std::string_view word) {
  const Option* option = nullptr;
  if (word.starts_with("--") && word.find('=') == std::string_view::npos)
    option = options.find(word.substr(2));
  else if (word.size() >= 2 && word[0] == '-' && word[1] != '-')
    for (std::size_t i = 1; i < word.size(); ++i) {
      option = options.find(word[i]);
      if (option != nullptr && !option->value.empty())
        return i + 1 == word.size() ? option : nullptr;
    }
  return option != nullptr && !option->value.empty() ? option : nullptr;
}

struct Place {
  std::size_t words = 0;         // plain words before the one being typed
  std::size_t next = 0;          // where reading stopped: the first plain word, with `stop`
  const Option* value = nullptr; // the typed word is this option's value
  bool flags = true;             // it may be a flag
};

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

// A flag, the value of one, or a word of the verb.
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

void offer_noun(Completion& out, std::string_view noun) {
  for (const Verb* verb : all_verbs())
    if (verb->noun == noun)
      offer_word(out, noun_names(*verb)[0], verb->summary);
}

} // namespace

Completion complete(std::span<const std::string_view> words) {
  Completion out;
  if (words.empty())
    return out;
  out.typed = words.back();
  Options globals = global_options();
  Place before = walk(globals, words, true);
  if (before.words == 0) {
    offer_here(out, globals, before, Offer::verb);
    if (out.offer == Offer::verb)
      offer_verbs(out);
    return out;
  }
  std::span<const std::string_view> rest = words.subspan(before.next);
  // `explain` is followed by another verb's whole command line.
  if (rest[0] == "explain") {
    Result<Found> explain = find_verb(rest);
    Place inner = explain && explain->verb != nullptr ? walk(explain->verb->options, rest.subspan(1), true) : Place{};
    if (inner.words > 0)
      rest = rest.subspan(1 + inner.next);
  }
  Result<Found> found = find_verb(rest.first(rest.size() - 1));
  if (!found)
    return out;
  if (found->verb == nullptr) {
    offer_noun(out, found->noun);
    return out;
  }
  const Verb& verb = *found->verb;
  Place place = walk(verb.options, rest.subspan(found->used), verb.stop_at_word);
  bool past = place.words > 0 && (verb.stop_at_word || place.words >= verb.most);
  offer_here(out, verb.options, place, past ? (verb.stop_at_word ? Offer::file : Offer::nothing) : verb.words);
  if (out.offer == Offer::verb)
    offer_verbs(out);
  return out;
}

namespace {

// Each line of `phial __complete` is "candidate<TAB>meaning"; a line ":files" or ":directories" asks the shell for its
// own.
constexpr std::string_view kBash = R"(# bash completion for phial
_phial() {
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
  done < <(phial __complete -- "${words[@]}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$word"; fi
}
complete -F _phial phial
)";

constexpr std::string_view kZsh = R"(#compdef phial
_phial() {
  local line
  local -a offers
  while IFS= read -r line; do
    case $line in
      :files) _files; return ;;
      :directories) _files -/; return ;;
      *) offers+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(phial __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe 'phial' offers
}
if [ "$funcstack[1]" = "_phial" ]; then _phial "$@"; else compdef _phial phial; fi
)";

constexpr std::string_view kFish = R"(# fish completion for phial
function __phial_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (phial __complete -- $words[2..-1] 2>/dev/null)
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
complete -c phial -f -a '(__phial_complete)'
)";

} // namespace

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash")
    return std::string(kBash);
  if (shell == "zsh")
    return std::string(kZsh);
  if (shell == "fish")
    return std::string(kFish);
  return fail(Kind::usage, "no completion for \"" + std::string(shell) + "\"", "there is one for bash, zsh and fish");
}

} // namespace phial::cli
