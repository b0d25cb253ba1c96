#include "oci/ps.hpp"

#include "base/child.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "oci/programs.hpp"
#include "oci/verbs.hpp"
#include "runtime/freezer.hpp"
#include "runtime/lifecycle/container.hpp"

#include <unistd.h>

#include <algorithm>

namespace phial::oci {

namespace {

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::string_view word : split(line, ' '))
    if (!word.empty())
      out.push_back(word);
  return out;
}

} // namespace

Result<std::string> processes_table(std::string_view table, std::span<const pid_t> pids) {
  std::vector<std::string_view> lines = split(table, '\n');
  std::vector<std::string_view> headings = fields(lines[0]);
  auto column = static_cast<std::size_t>(std::ranges::find(headings, "PID") - headings.begin());
  if (column == headings.size())
    return fail(Kind::input, "couldn't find PID field in ps output", "give ps options whose table has a column PID");
  std::string out = std::string(lines[0]) + "\n";
  for (std::string_view line : std::span(lines).subspan(1)) {
    std::vector<std::string_view> words = fields(line);
    std::optional<std::int64_t> pid = words.size() > column ? parse_int(words[column]) : std::nullopt;
    if (pid && std::ranges::find(pids, *pid) != pids.end())
      out += std::string(line) + "\n";
  }
  return out;
}

namespace {

Result<std::string> ask_ps(const Call& call, const std::vector<std::string>& options) {
  constexpr std::size_t kMost = std::size_t{16} << 20;
  std::optional<std::string> ps = find_program(call.environment, "ps");
  if (!ps)
    return fail(Kind::unsupported, "executable file not found in $PATH: ps",
                "install ps (procps), or ask for --format json");
  std::vector<const char*> argv = {ps->c_str()};
  for (const std::string& option : options)
    argv.push_back(option.c_str());
  argv.push_back(nullptr);
  Ended ended = TRY(run_to_end(argv.data(), call.environment.entries(), kMost));
  if (ended.status != 0)
    return fail(Kind::input, "ps ended with " + std::to_string(ended.status) + ": " + std::string(trim(ended.err)));
  return std::move(ended.out);
}

Result<std::vector<pid_t>> processes_of(const runtime::Container& container) {
  if (!container.record.cgroups.directories.empty())
    return runtime::processes_in(container.record.cgroups);
  return container.is_alive() ? std::vector<pid_t>{container.record.pid} : std::vector<pid_t>{};
}

} // namespace

Result<int> ps(const Call& call) {
  runtime::Container container = TRY(runtime::find_container(call.globals.root, call.id()));
  std::vector<pid_t> pids = TRY(processes_of(container));
  if (call.text("format") == "json") {
    Json out = pids.empty() ? Json() : Json::array();
    for (pid_t pid : pids)
      out.push(pid);
    TRY(write_all(STDOUT_FILENO, to_text(out) + "\n"));
    return 0;
  }
  std::vector<std::string> options(call.arguments.words.begin() + 1, call.arguments.words.end());
  if (options.empty())
    options.emplace_back("-ef");
  TRY(write_all(STDOUT_FILENO, TRY(processes_table(TRY(ask_ps(call, options)), pids))));
  return 0;
}

} // namespace phial::oci
