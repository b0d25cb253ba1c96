// `phial help [COMMAND]`: the same page as `phial COMMAND --help`.
#include "cli/help.hpp"

#include "cli/output.hpp"
#include "cli/verbs/all.hpp"

#include <unistd.h>

namespace phial::cli {

namespace {

Result<int> run(const Call& call) {
  std::size_t width = std::min<std::size_t>(terminal_width(STDOUT_FILENO, 100), 100);
  if (call.arguments.words.empty()) {
    print(first_page(width));
    return 0;
  }
  Found found = TRY(find_verb(call.arguments.words));
  print(found.verb != nullptr ? verb_page(*found.verb, width) : noun_page(*find_noun(found.noun), width));
  return 0;
}

} // namespace

constexpr Verb kHelp = {
    .name = "help",
    .group = Group::system,
    .summary = "Explain a command",
    .usage = "[COMMAND]",
    .most = 2,
    .words = Offer::verb,
    .run = run,
};

} // namespace phial::cli
