#include "oci/app.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "oci/documents.hpp"
#include "oci/options.hpp"

#include <sys/auxv.h>
#include <unistd.h>

namespace phial::oci {

namespace {

using Words = std::span<const std::string_view>;

// A failure, told: to a person on standard error, to the programs above in the log. Without a log, --log-format json
// gives standard error the line.
int tell(Log& log, const Error& error, int status) {
  log.error(error.text());
  std::string text;
  if (!log.has_file() && log.format() == LogFormat::json)
    text = log_line(LogFormat::json, "error", error.text(), time_string(now()).substr(0, 19) + "Z");
  else
    text = "phial-oci: " + error.text() + "\n" + (error.hint.empty() ? "" : "hint: " + error.hint + "\n");
  (void)write_all(STDERR_FILENO, text);
  return status;
}

// What could be understood before a mistake: the log that is asked for there is told of the mistake.
Arguments understood(Words words) {
  for (std::size_t count = words.size(); count-- > 0;)
    if (Result<Arguments> arguments = parse_globals(words.first(count)))
      return std::move(*arguments);
  return {};
}

Result<Log> open_log(const Arguments& arguments) {
  LogFormat format = arguments.last("log-format") == "json" ? LogFormat::json : LogFormat::text;
  return Log::open(arguments.last("log").value_or(""), format,
                   arguments.on("debug") || arguments.last("log-level") == "debug");
}

// "foo --help", in runc's words.
Error no_help(Words words, const Error& unknown) {
  if (words[1] != "-h" && words[1] != "--help" && words[1] != "-help")
    return unknown;
  Error out = unknown;
  out.message = "No help topic for '" + std::string(words[0]) + "'";
  return out;
}

std::string working_directory() {
  char path[4096];
  return ::getcwd(path, sizeof path) == nullptr ? std::string() : std::string(path);
}

// Root of the machine: a user's root in a namespace of his own has his places.
bool is_root(const Environment& environment) {
  if (::getauxval(AT_EUID) != 0)
    return false;
  if (!environment.get("XDG_RUNTIME_DIR") || environment.get("USER") == "root")
    return true;
  Result<std::string> map = read_file("/proc/self/uid_map");
  return !map || map->find("4294967295") != std::string::npos;
}

int run_verb(const Verb& verb, Words words, const Globals& globals, const Environment& environment, Log& log) {
  Result<Arguments> arguments = parse_verb(verb, words);
  if (!arguments)
    return tell(log, arguments.error(), verb.failure);
  if (arguments->help) {
    (void)write_all(STDOUT_FILENO, verb_page(verb));
    return 0;
  }
  if (verb.run == nullptr)
    return tell(log, fail(Kind::unsupported, "phial-oci " + std::string(verb.name) + " is not in this version").error(),
                verb.failure);
  Call call{verb, globals, environment, log, std::move(*arguments)};
  log.debug("phial-oci " + std::string(verb.name) + " begins");
  Result<int> status = verb.run(call);
  if (!status)
    return tell(log, status.error(), verb.failure);
  log.debug("phial-oci " + std::string(verb.name) + " ends with " + std::to_string(*status));
  return *status;
}

} // namespace

int run_command_line(std::span<const std::string_view> words, char** environment_entries) {
  Environment environment(environment_entries);
  Result<Arguments> before = parse_globals(words);
  Result<Log> log = open_log(before ? *before : understood(words));
  if (!log) {
    Log none;
    return tell(none, log.error(), 1);
  }
  if (!before)
    return tell(*log, before.error(), 1);
  if (before->on("version")) {
    (void)write_all(STDOUT_FILENO, version_text());
    return 0;
  }
  if (before->words.empty() || before->help || before->on("help")) {
    (void)write_all(STDOUT_FILENO, first_page());
    return 0;
  }
  Result<const Verb*> verb = find_verb(before->words[0]);
  if (!verb)
    return tell(*log, before->words.size() > 1 ? no_help(before->words, verb.error()) : verb.error(), 1);
  Result<Globals> globals = read_globals(*before, environment, working_directory(), is_root(environment));
  if (!globals)
    return tell(*log, globals.error(), (*verb)->failure);
  return run_verb(**verb, Words(before->words).subspan(1), *globals, environment, *log);
}

std::string_view version_text() {
  return "phial-oci version " PHIAL_VERSION "\ncommit: " PHIAL_COMMIT "\nspec: 1.3.0\n"
         "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP\n";
}

} // namespace phial::oci
