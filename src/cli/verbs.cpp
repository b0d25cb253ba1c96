#include "cli/verbs.hpp"

#include "base/text.hpp"
#include "cli/verbs/all.hpp"

#include <algorithm>
#include <array>

namespace phial::cli {

namespace {

// A new verb: its file in verbs/, its name in verbs/all.hpp, its line here.
// clang-format off
constexpr const Verb* kVerbs[] = {
    &kRun, &kExec, &kCreate, &kStart, &kAttach, &kExplain,
    &kPs, &kLogs, &kTop, &kInspect, &kWait,
    &kStop, &kKill, &kPause, &kUnpause, &kRename, &kRemove,
    &kImages, &kImageInspect, &kTag, &kRmi, &kImagePrune, &kLoad, &kImport,
    &kInfo, &kVersion, &kHelp,
    &kManPage, &kCompletion, &kComplete,
};
// clang-format on

constexpr Option kGlobalOptions[] = {
    {.name = "root",
     .value = "DIR",
     .help = "Where images, containers and volumes lie",
     .fallback = "/var/lib/phial; for a user $XDG_DATA_HOME/phial",
     .offer = Offer::directory},
    {.name = "state",
     .value = "DIR",
     .help = "Where the state of what runs lies; empty after a reboot",
     .fallback = "/run/phial; for a user $XDG_RUNTIME_DIR/phial",
     .offer = Offer::directory},
    {.name = "log-format",
     .value = "FORMAT",
     .help = "How failures are told: text for people, json for programs",
     .fallback = "text",
     .choices = "text|json"},
    {.name = "debug", .letter = 'D', .help = "As docker has it; what there is to say of a failure is always said"},
    {.name = "version", .letter = 'v', .help = "Print the version and end"},
    {.name = "help", .letter = 'h', .help = "Print this page and end"},
};

constexpr Noun kNouns[] = {
    {"container", "Containers"},
    {"image", "Images"},
    {"system", "Phial itself"},
};

} // namespace

std::span<const Verb* const> all_verbs() {
  return kVerbs;
}

Options global_options() {
  return {.own = kGlobalOptions};
}

std::span<const Noun> all_nouns() {
  return kNouns;
}

const Noun* find_noun(std::string_view name) {
  for (const Noun& noun : kNouns)
    if (noun.name == name)
      return &noun;
  return nullptr;
}

std::span<const std::string_view> noun_names(const Verb& verb) {
  if (verb.noun.empty())
    return {};
  if (verb.noun_names.empty())
    return {&verb.name, 1};
  return verb.noun_names;
}

std::string program_name(const Verb& verb) {
  return "phial " + (verb.noun_only ? std::string(verb.noun) + " " : std::string()) + std::string(verb.name);
}

namespace {

std::unexpected<Error> unknown(const std::string& spelled, std::string_view word,
                               std::span<const std::string_view> names) {
  std::optional<std::string_view> near = nearest(word, names);
  std::string before = spelled.substr(0, spelled.size() - word.size());
  return fail(Kind::usage, "unknown command: " + spelled,
              near ? "did you mean '" + before + std::string(*near) + "'?"
                   : "'" + before + "--help' lists the commands");
}

Result<Found> find_below(const Noun& noun, std::span<const std::string_view> words) {
  if (words.size() < 2 || words[1].starts_with("-"))
    return Found{.verb = nullptr, .noun = noun.name, .used = 1};
  std::vector<std::string_view> known;
  for (const Verb* verb : kVerbs)
    if (verb->noun == noun.name)
      for (std::string_view name : noun_names(*verb)) {
        if (name == words[1])
          return Found{.verb = verb, .noun = noun.name, .used = 2};
        known.push_back(name);
      }
  return unknown("phial " + std::string(noun.name) + " " + std::string(words[1]), words[1], known);
}

} // namespace

Result<Found> find_verb(std::span<const std::string_view> words) {
  if (const Noun* noun = find_noun(words[0]); noun != nullptr)
    return find_below(*noun, words);
  std::vector<std::string_view> known;
  for (const Verb* verb : kVerbs) {
    if (!verb->noun_only && verb->name == words[0])
      return Found{.verb = verb, .noun = {}, .used = 1};
    if (!verb->noun_only && verb->group != Group::hidden)
      known.push_back(verb->name);
  }
  for (const Noun& noun : kNouns)
    known.push_back(noun.name);
  return unknown("phial " + std::string(words[0]), words[0], known);
}

std::string_view group_title(Group group) {
  switch (group) {
  case Group::start: return "Run things in containers";
  case Group::watch: return "See what they do";
  case Group::steer: return "Steer them and take them away";
  case Group::image: return "Images";
  case Group::system: return "Phial itself";
  case Group::hidden: return "";
  }
  return "";
}

} // namespace phial::cli
