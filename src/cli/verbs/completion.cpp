// `phial __completion SHELL` prints the script a shell loads; `phial __complete -- WORD…` is what that script asks.
#include "cli/completion.hpp"

#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

Result<int> print_script(const Call& call) {
  print(TRY(commandline::completion_script("phial", call.arguments.words[0])));
  return 0;
}

// Names that only the engine knows. What cannot be read is not offered.
std::vector<std::string> names_for(const engine::Engine& engine, Offer offer) {
  std::vector<std::string> out;
  bool images = offer == Offer::image || offer == Offer::any_object;
  bool containers = offer == Offer::container || offer == Offer::running_container || offer == Offer::any_object;
  if (Result<std::vector<engine::Container>> all = containers ? engine::list(engine) : std::vector<engine::Container>{})
    for (const engine::Container& container : *all)
      if (offer != Offer::running_container || container.is_running())
        out.push_back(container.name);
  if (Result<std::vector<image::Image>> all = images ? image::list_images({engine.root}) : std::vector<image::Image>{})
    for (const image::Image& image : *all)
      out.insert(out.end(), image.names.begin(), image.names.end());
  return out;
}

Result<int> print_candidates(const Call& call) {
  Completion completion = complete(call.arguments.words);
  std::string out;
  for (const std::string& name : names_for(TRY(engine_of(call)), completion.offer))
    if (name.starts_with(completion.typed))
      out += completion.prefix + name + "\t\n";
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
