// Whole command lines, a word a line: `phial run`, `phial exec`, and every verb of phial-oci.
#include "targets.hpp"

#include "base/text.hpp"
#include "cli/container_options.hpp"
#include "cli/container_table.hpp"
#include "oci/options.hpp"
#include "oci/update.hpp"
#include "oci/values.hpp"

namespace phial::fuzz {

namespace {

using Words = std::vector<std::string_view>;

void engine(const Words& words) {
  Result<cli::Arguments> arguments =
      cli::parse_arguments({.own = cli::kRunTable, .shared = cli::kContainerTable}, true, words);
  if (!arguments || arguments->help || arguments->words.empty()) // that there is an image was seen before
    return;
  auto read = [](const std::string& path) -> Result<std::string> {
    if (path == "file")
      return std::string("A=file\nB\n# c\n");
    if (path == "profile")
      return std::string(R"({"defaultAction":"SCMP_ACT_ALLOW"})");
    return fail_call("openat", path, ENOENT);
  };
  static_cast<void>(cli::read_run_options(*arguments, {.variables = {}, .directory = "/here", .read = read}));
}

void oci_verb(const oci::Verb& verb, const Words& words) {
  Result<oci::Arguments> arguments = oci::parse_verb(verb, words);
  if (!arguments || arguments->help)
    return;
  if (verb.name == "update")
    static_cast<void>(oci::resources_of(*arguments));
  for (const char* flag : {"interval", "tcp-established", "stats-interval"})
    if (verb.options.find(flag) != nullptr)
      static_cast<void>(oci::duration_of(*arguments, flag));
}

void runtime(Words words) {
  Result<oci::Arguments> globals = oci::parse_globals(words);
  if (!globals || globals->help || globals->words.empty())
    return;
  char* none[] = {nullptr};
  static_cast<void>(oci::read_globals(*globals, oci::Environment(none), "/here", true));
  Result<const oci::Verb*> verb = oci::find_verb(globals->words.front());
  words.assign(globals->words.begin() + 1, globals->words.end());
  if (verb)
    oci_verb(**verb, words);
}

} // namespace

void command_line(std::string_view bytes) {
  Words words = split(bytes, '\n');
  engine(words);
  runtime(words);
}

} // namespace phial::fuzz
