#include "engine/proc_stat.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

namespace phial::engine {

std::optional<ProcStat> parse_stat(std::string_view text) {
  // The command may hold anything, parentheses too: what counts begins behind the last one.
  std::size_t open = text.find('(');
  std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  auto pid = parse_int(trim(text.substr(0, open)));
  std::vector<std::string_view> fields = split(trim(text.substr(close + 2)), ' '); // fields[0] is field 3, the state
  if (!pid || fields.size() < 20 || fields[0].size() != 1)
    return std::nullopt;
  auto parent = parse_int(fields[1]);
  auto terminal = parse_int(fields[4]);
  auto user = parse_uint(fields[11]);
  auto system = parse_uint(fields[12]);
  auto start = parse_uint(fields[19]);
  if (!parent || !terminal || !user || !system || !start)
    return std::nullopt;
  return ProcStat{static_cast<std::int32_t>(*pid),
                  std::string(text.substr(open + 1, close - open - 1)),
                  fields[0][0],
                  static_cast<std::int32_t>(*parent),
                  static_cast<std::int32_t>(*terminal),
                  *user + *system,
                  *start};
}

Result<std::uint64_t> start_time_of(pid_t pid) {
  std::string path = "/proc/" + std::to_string(pid) + "/stat";
  auto stat = parse_stat(TRY(read_file(path)));
  if (!stat)
    return fail(Kind::system, path + " cannot be understood");
  return stat->start;
}

Result<std::string> boot_id() {
  std::string text = TRY(read_file("/proc/sys/kernel/random/boot_id"));
  return std::string(trim(text));
}

} // namespace phial::engine
