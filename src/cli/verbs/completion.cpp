// `phial __completion SHELL` prints the script a shell loads; `phial __complete -- WORD…` is what that script asks.
#include "cli/completion.hpp"

#include "cli/output.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

Result<int> print_script(const Call& call) {
  print(TRY(completion_script(call.arguments.words[0])));
  return 0;
}

Result<int> print_candidates(const Call& call) {
  Completion completion = complete(call.arguments.words);
  std::string out;
  for (const Candidate& candidate : completion.candidates)
    out += candidate.text + "\t" + std::string(candidate.meaning) + "\n";
  if (completion.offer == Offer::file)
    out += ":files\n";
  if (completion.offer == Offer::directory)
    out += ":directories\n";
  print(out);
  return 0;
}

} // namespace

constexpr Verb kCompletion = {
    .name = "__completion",
    .summary = "Print the completion script of a shell",
    .usage = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .run = print_script,
};

constexpr Verb kComplete = {
    .name = "__complete",
    .summary = "Print what could stand at the end of a command line",
    .usage = "-- [WORD...]",
    .run = print_candidates,
};

} // namespace phial::cli
