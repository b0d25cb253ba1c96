#include "cli/session.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "commandline/libexec.hpp"

#include <unistd.h>

#include <algorithm>
#include <climits>

namespace phial::cli {

namespace {

std::string of_user(const Environment& environment, std::string_view variable, const std::string& otherwise) {
  std::optional<std::string_view> base = environment.get(variable);
  return (base && base->starts_with('/') ? std::string(*base) : otherwise) + "/phial";
}

} // namespace

Result<engine::Engine> engine_of(const Call& call) {
  engine::Engine engine;
  engine.libexec = commandline::libexec_directory();
  engine.root = call.globals.root;
  engine.state = call.globals.state;
  bool root = ::geteuid() == 0;
  if (engine.root.empty())
    engine.root = root ? "/var/lib/phial"
                       : of_user(call.environment, "XDG_DATA_HOME",
                                 std::string(call.environment.get("HOME").value_or("")) + "/.local/share");
  if (engine.state.empty())
    engine.state =
        root ? "/run/phial" : of_user(call.environment, "XDG_RUNTIME_DIR", "/run/user/" + std::to_string(::geteuid()));
  return engine;
}

Result<engine::Engine> engine_as_root(const Call& call) {
  if (::geteuid() != 0)
    return fail(Kind::permission, "only root can do this in this version", "try: sudo " + program_name(call.verb));
  return engine_of(call);
}

Result<Surroundings> surroundings_of(const Call& call) {
  std::string directory(PATH_MAX, '\0');
  if (::getcwd(directory.data(), directory.size()) == nullptr)
    return fail_call("getcwd", "");
  directory.resize(directory.find('\0'));
  auto look_up = [](const void* context, std::string_view name) {
    return static_cast<const Environment*>(context)->get(name);
  };
  auto read = [](const std::string& path) { return read_file(path, std::size_t{16} << 20); };
  return Surroundings{{look_up, &call.environment}, std::move(directory), read};
}

void report(const Call& call, const Error& error) {
  std::string who = program_name(call.verb);
  print_error(call.globals.json_errors ? machine_text(who, error, exit_status(error.kind, call.verb.failure))
                                       : person_text(who, error));
}

void warn(const Call& call, std::string_view sentence) {
  if (call.globals.json_errors)
    print_error(to_text(Json::object().set("level", "warning").set("msg", sentence)) + "\n");
  else
    print_error("warning: " + std::string(sentence) + "\n");
}

int for_each_word(const Call& call, const std::function<Result<>(std::string_view word)>& each) {
  int status = 0;
  for (std::string_view word : call.arguments.words)
    if (Result<> done = each(word); !done) {
      report(call, done.error());
      status = exit_status(done.error().kind, call.verb.failure);
    }
  return status;
}

Result<image::Image> find_image(const engine::Engine& engine, std::string_view what) {
  image::Store store{engine.root};
  Result<image::Image> found = image::find_image(store, what);
  if (found || found.error().kind != Kind::not_found)
    return found;
  Result<bool> loaded = image::ensure_builtin(store, what, engine.libexec);
  return loaded && *loaded ? image::find_image(store, what) : found;
}

std::string short_id(std::string_view id) {
  constexpr std::string_view kPrefix = "sha256:";
  if (id.starts_with(kPrefix))
    id.remove_prefix(kPrefix.size());
  return std::string(id.substr(0, 12));
}

std::string list_time(std::int64_t nanoseconds) {
  std::string text = phial::time_string(nanoseconds); // 2026-11-22T13:49:12.168795745Z
  return text.substr(0, 10) + " " + text.substr(11, 8) + " +0000 UTC";
}

Result<std::vector<Filter>> read_filters(const Arguments& arguments, std::string_view known) {
  std::vector<Filter> out;
  std::vector<std::string_view> names = split(known, '|');
  for (std::string_view text : arguments.all("filter")) {
    Halves halves = split_once(text, '=');
    if (!halves.second || std::ranges::find(names, halves.first) == names.end())
      return fail(Kind::usage, "--filter: \"" + std::string(text) +
                                   "\" is no filter of this command: expected NAME=VALUE "
                                   "with one of " +
                                   std::string(known));
    out.push_back({halves.first, *halves.second});
  }
  return out;
}

bool any_passes(const std::vector<Filter>& filters, std::string_view name,
                const std::function<bool(std::string_view value)>& matches) {
  bool asked = false;
  for (const Filter& filter : filters) {
    if (filter.name != name)
      continue;
    if (matches(filter.value))
      return true;
    asked = true;
  }
  return !asked;
}

bool all_pass(const std::vector<Filter>& filters, std::string_view name,
              const std::function<bool(std::string_view value)>& matches) {
  return std::ranges::all_of(filters,
                             [&](const Filter& filter) { return filter.name != name || matches(filter.value); });
}

bool label_matches(const std::vector<std::pair<std::string, std::string>>& labels, std::string_view wanted) {
  Halves halves = split_once(wanted, '=');
  return std::ranges::any_of(labels, [&](const std::pair<std::string, std::string>& label) {
    return label.first == halves.first && (!halves.second || label.second == *halves.second);
  });
}

} // namespace phial::cli
