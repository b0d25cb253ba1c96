// phial-oci: the OCI runtime's command line.
#include "base/file.hpp"
#include "base/json.hpp"
#include "oci/verbs.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using namespace phial;

struct Verb {
  std::string_view name;
  Result<int> (*run)(const oci::Options&);
};
constexpr Verb kVerbs[] = {{"run", oci::run}, {"explain", oci::explain}, {"spec", oci::write_spec}};

void say(int to, std::string_view text) {
  (void)write_all(to, text);
}

int report(const Error& error, bool json) {
  if (json) {
    Json line = Json::object();
    line.set("msg", error.text());
    line.set("level", "error");
    say(STDERR_FILENO, to_text(line) + "\n");
    return 1;
  }
  say(STDERR_FILENO, "phial-oci: " + error.text() + "\n" + (error.hint.empty() ? "" : "hint: " + error.hint + "\n"));
  return 1;
}

// No descriptor of the program's may take the place of a standard stream that the caller has closed.
void keep_standard_streams() {
  for (int fd = 0; fd >= 0 && fd <= 2;)
    fd =
        ::open("/dev/null", O_RDWR); // allow open: these are the standard descriptors, and the next line marks the rest
  (void)::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
}

int run_verb(const oci::Options& options) {
  for (const Verb& verb : kVerbs) {
    if (verb.name != options.verb)
      continue;
    Result<int> status = verb.run(options);
    return status ? *status : report(status.error(), options.log_json);
  }
  return report(fail(Kind::usage, "no such verb: " + options.verb, "see phial-oci --help").error(), options.log_json);
}

} // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  Result<oci::Options> options = oci::parse_options(std::span(argv + 1, argv + (argc > 0 ? argc : 1)));
  if (!options)
    return report(options.error(), false);
  if (options->version) {
    say(STDOUT_FILENO, "phial-oci version " PHIAL_VERSION "\nspec: 1.3.0\n");
    return 0;
  }
  if (options->help || options->verb.empty()) {
    say(STDOUT_FILENO, oci::help_text());
    return 0;
  }
  return run_verb(*options);
}
