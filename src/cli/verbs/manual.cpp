// `phial __man`: the man pages, for `make install` and the curious.
#include "cli/manual.hpp"

#include "base/file.hpp"
#include "cli/output.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "all", .value = "DIR", .help = "Write every page into a directory", .offer = Offer::directory},
};

Result<> write_all_pages(const std::string& directory) {
  TRY(make_directories(directory, 0755));
  TRY(write_file_atomically(directory + "/phial.1", manual_overview(), 0644));
  for (const Verb* verb : all_verbs())
    if (verb->group != Group::hidden)
      TRY(write_file_atomically(directory + "/" + manual_name(*verb) + ".1", manual_page(*verb), 0644));
  return {};
}

Result<int> run(const Call& call) {
  if (std::optional<std::string_view> directory = call.arguments.last("all")) {
    TRY(write_all_pages(std::string(*directory)), "write the man pages");
    return 0;
  }
  if (call.arguments.words.empty()) {
    print(manual_overview());
    return 0;
  }
  Found found = TRY(find_verb(call.arguments.words));
  print(found.verb != nullptr ? manual_page(*found.verb) : manual_overview());
  return 0;
}

} // namespace

constexpr Verb kManPage = {
    .name = "__man",
    .summary = "Print a man page",
    .usage = "[COMMAND]",
    .most = 2,
    .options = {.own = kOptions},
    .run = run,
};

} // namespace phial::cli
