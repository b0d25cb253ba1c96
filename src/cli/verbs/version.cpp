// `phial version`: what this build is and what it runs on.
#include "cli/version.hpp"

#include "base/json.hpp"
#include "cli/format.hpp"
#include "cli/output.hpp"
#include "cli/verbs/all.hpp"

#include <sys/utsname.h>

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {kFormatOption};

constexpr Example kExamples[] = {
    {"version --format '{{.Version}}'", "the number alone"},
};

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

Result<int> run(const Call& call) {
  utsname kernel{};
  if (::uname(&kernel) != 0)
    return fail_call("uname", "");
  Json client = Json::object();
  client.set("Version", version_text())
      .set("Compiler", compiler())
      .set("Os", "linux")
      .set("Arch", kernel.machine)
      .set("KernelVersion", kernel.release);
  if (std::optional<std::string_view> format = call.arguments.last("format")) {
    print(TRY(format_one(*format, Json::object().set("Client", client).set("Version", version_text()))));
    return 0;
  }
  print("Phial " + std::string(version_text()) + "\n Kernel:       " + kernel.release + " (" + kernel.machine +
        ")\n Compiler:     " + compiler() + "\n");
  return 0;
}

} // namespace

constexpr Verb kVersion = {
    .name = "version",
    .group = Group::system,
    .summary = "Print the version of Phial and of the kernel below it",
    .most = 0,
    .options = {.own = kOptions},
    .examples = kExamples,
    .run = run,
};

} // namespace phial::cli
