#include "cli/container_options.hpp"

#include "base/text.hpp"
#include "cli/mount_values.hpp"
#include "cli/security_values.hpp"
#include "cli/values.hpp"
#include "engine/ids.hpp"
#include "kernel/sysctls.hpp"

#include <algorithm>
#include <limits>

namespace phial::cli {

namespace {

using engine::RunOptions;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kLeastMemory = 512 * 1024; // phial-init alone fits into this

struct Fill {
  RunOptions out;
  const Surroundings& around;
  std::vector<std::string> file_variables; // they stand before those of -e, wherever they were given
};

bool is_on(std::string_view value) {
  return value == "true";
}

// An optional limit: 0 means none.
template <class T> std::optional<T> unless_zero(T value) {
  return value == 0 ? std::nullopt : std::optional<T>(value);
}

// ---- its life -------------------------------------------------------------------------------------------------------

Result<> read_pull(Fill& fill, std::string_view value) {
  if (value == "missing")
    fill.out.pull = RunOptions::Pull::missing;
  else if (value == "always")
    fill.out.pull = RunOptions::Pull::always;
  else if (value == "never")
    fill.out.pull = RunOptions::Pull::never;
  else
    return bad_value(value, "a time to pull", "expected missing, always or never");
  return {};
}

Result<> read_restart(Fill&, std::string_view value) {
  if (value == "no" || value.empty())
    return {};
  std::string_view policy = split_once(value, ':').first;
  if (policy == "always" || policy == "on-failure" || policy == "unless-stopped")
    return fail(Kind::usage,
                "\"" + std::string(value) +
                    "\" is not in this version: a container that has ended "
                    "stays so until it is started again",
                "a systemd unit with Restart= around 'phial run --rm' does it");
  return bad_value(value, "a policy", "expected no");
}

Result<> read_name(Fill& fill, std::string_view value) {
  TRY(engine::check_name(value));
  fill.out.name = value;
  return {};
}

Result<> read_cid_file(Fill& fill, std::string_view value) {
  if (value.empty())
    return bad_value(value, "a file", "expected the path of one that does not exist yet");
  fill.out.cid_file = value;
  return {};
}

// ---- its process ----------------------------------------------------------------------------------------------------

Result<> read_env(Fill& fill, std::string_view value) {
  fill.out.environment.push_back(TRY(parse_variable(value, fill.around.variables)));
  return {};
}

Result<> read_env_file(Fill& fill, std::string_view value) {
  std::string text = TRY(fill.around.read(std::string(value)));
  for (std::string& variable : TRY(parse_variable_file(text, value, fill.around.variables)))
    fill.file_variables.push_back(std::move(variable));
  return {};
}

Result<> read_entrypoint(Fill& fill, std::string_view value) {
  fill.out.entrypoint.emplace();
  if (!value.empty())
    fill.out.entrypoint->emplace_back(value);
  return {};
}

Result<> read_group(Fill& fill, std::string_view value) {
  if (value.empty() || value.find_first_of(": /\t\n") != std::string_view::npos)
    return bad_value(value, "a group", "expected a name or a number");
  fill.out.groups.emplace_back(value);
  return {};
}

Result<> read_ulimit(Fill& fill, std::string_view value) {
  engine::Ulimit limit = TRY(parse_ulimit(value));
  std::erase_if(fill.out.ulimits, [&](const engine::Ulimit& other) { return other.name == limit.name; });
  fill.out.ulimits.push_back(std::move(limit));
  return {};
}

// ---- its records ----------------------------------------------------------------------------------------------------

Result<> read_label_file(Fill& fill, std::string_view value) {
  std::string text = TRY(fill.around.read(std::string(value)));
  // A label without a value is a label, so a name alone is looked up as the empty string.
  Lookup empty{[](const void*, std::string_view) -> std::optional<std::string_view> { return ""; }, nullptr};
  for (const std::string& line : TRY(parse_variable_file(text, value, empty)))
    put(fill.out.labels, TRY(parse_key_value(line)));
  return {};
}

Result<> read_log_driver(Fill& fill, std::string_view value) {
  using Driver = engine::LogRequest::Driver;
  if (value == "json-file" || value == "local")
    fill.out.log.driver = Driver::json_file;
  else if (value == "k8s-file")
    fill.out.log.driver = Driver::k8s_file;
  else if (value == "none")
    fill.out.log.driver = Driver::none;
  else
    return bad_value(value, "a log driver of this version", "expected json-file, k8s-file or none");
  return {};
}

Result<> read_log_option(Fill& fill, std::string_view value) {
  Halves halves = split_once(value, '=');
  if (halves.first == "max-size" && halves.second) {
    std::int64_t size = TRY(parse_bytes_or_unlimited(*halves.second));
    if (size == 0)
      return bad_value(value, "a size for a log", "expected more than 0, or -1 for no limit");
    fill.out.log.max_size = size < 0 ? 0 : static_cast<std::uint64_t>(size);
  } else if (halves.first == "max-file" && halves.second) {
    fill.out.log.max_file = static_cast<std::uint32_t>(TRY(parse_number(*halves.second, 1, 10000)));
  } else {
    return bad_value(value, "an option of the log", "expected max-size=SIZE or max-file=N");
  }
  return {};
}

// ---- its bounds -----------------------------------------------------------------------------------------------------

Result<> read_memory(std::optional<std::uint64_t>& into, std::string_view value, std::uint64_t least) {
  into = unless_zero(TRY(parse_bytes(value)));
  if (into && *into < least)
    return fail(Kind::usage, "\"" + std::string(value) + "\" is less than a container can start in: " +
                                 std::to_string(least / 1024) + "k is the least");
  return {};
}

Result<> read_blkio_weight(Fill& fill, std::string_view value) {
  std::int64_t weight = TRY(parse_number(value, 0, 1000));
  if (weight != 0 && weight < 10)
    return fail(Kind::usage, std::string(value) + " is out of range: expected 10 to 1000, or 0 for none");
  fill.out.limits.blkio_weight = unless_zero(static_cast<std::uint16_t>(weight));
  return {};
}

Result<> read_cpu_period(Fill& fill, std::string_view value) {
  std::int64_t period = TRY(parse_number(value, 0, 1000000));
  if (period != 0 && period < 1000)
    return fail(Kind::usage, std::string(value) + " is out of range: expected 1000 to 1000000 microseconds");
  fill.out.limits.cpu_period = unless_zero(static_cast<std::uint64_t>(period));
  return {};
}

Result<> read_cpu_quota(Fill& fill, std::string_view value) {
  std::int64_t quota = TRY(parse_number(value, -1, kMost));
  if (quota > 0 && quota < 1000)
    return fail(Kind::usage, std::string(value) + " is out of range: 1000 microseconds are the least, -1 is no limit");
  fill.out.limits.cpu_quota = unless_zero(quota);
  return {};
}

Result<> read_shares(Fill& fill, std::string_view value) {
  std::int64_t shares = TRY(parse_number(value, 0, 262144));
  if (shares == 1)
    return fail(Kind::usage, "1 is out of range: expected 2 to 262144");
  fill.out.limits.cpu_shares = unless_zero(static_cast<std::uint64_t>(shares));
  return {};
}

Result<> read_pids(Fill& fill, std::string_view value) {
  std::int64_t limit = TRY(parse_number(value, -1, 4194304));
  fill.out.limits.pids = limit == 0 ? -1 : limit;
  return {};
}

Result<> read_shm_size(Fill& fill, std::string_view value) {
  std::uint64_t size = TRY(parse_bytes(value));
  if (size == 0)
    return bad_value(value, "a size for /dev/shm", "expected more than 0");
  fill.out.shm_size = size;
  return {};
}

Result<> read_userns(Fill& fill, std::string_view value) {
  constexpr NamespaceWords kWords = {.expected = "host (this version has no user namespaces for containers)",
                                     .own = false};
  fill.out.user_namespace = TRY(parse_namespace(value, kWords));
  return {};
}

// Who reads which flag. A flag of the table that is not here is a mistake the tests find.
struct Reader {
  std::string_view name;
  Result<> (*read)(Fill& fill, std::string_view value);
};

#define READ(expression)                                                                                               \
  [](Fill& f, std::string_view v) -> Result<> {                                                                        \
    expression;                                                                                                        \
    return {};                                                                                                         \
  }
constexpr NamespaceWords kPidWords = {.expected = "private, host or container:NAME", .container = true};
constexpr NamespaceWords kIpcWords = {
    .expected = "private, shareable, none, host or container:NAME", .container = true, .none = true, .shareable = true};
constexpr NamespaceWords kUtsWords = {.expected = "private or host"};

constexpr Reader kReaders[] = {
    // clang-format off
    {"detach", READ(f.out.detach = is_on(v))},
    {"interactive", READ(f.out.interactive = is_on(v))},
    {"tty", READ(f.out.tty = is_on(v))},
    {"rm", READ(f.out.remove = is_on(v))},
    {"sig-proxy", READ(f.out.signal_proxy = is_on(v))},
    {"detach-keys", READ(static_cast<void>(f); static_cast<void>(v))}, // the verb's own business
    {"timings", READ(f.out.timings = is_on(v))},
    {"name", read_name},
    {"cidfile", read_cid_file},
    {"pull", read_pull},
    {"platform", READ(f.out.platform = v)},
    {"restart", read_restart},
    {"stop-signal", READ(f.out.stop_signal = TRY(parse_stop_signal(v)))},
    {"stop-timeout", READ(f.out.stop_timeout = TRY(parse_number(v, -1, 1000000000)))},

    {"env", read_env},
    {"env-file", read_env_file},
    {"workdir", READ(f.out.working_directory = TRY(parse_container_path(v)))},
    {"user", READ(f.out.user = TRY(parse_user(v)))},
    {"group-add", read_group},
    {"entrypoint", read_entrypoint},
    {"init", READ(f.out.init = is_on(v))},
    {"ulimit", read_ulimit},
    {"oom-score-adj", READ(f.out.oom_score_adj = static_cast<int>(TRY(parse_number(v, -1000, 1000))))},

    {"volume", READ(f.out.mounts.push_back(TRY(parse_volume(v, f.around.directory))))},
    {"mount", READ(f.out.mounts.push_back(TRY(parse_mount(v, f.around.directory))))},
    {"tmpfs", READ(f.out.mounts.push_back(TRY(parse_tmpfs(v))))},
    {"read-only", READ(f.out.read_only = is_on(v))},
    {"shm-size", read_shm_size},
    {"device", READ(f.out.devices.push_back(TRY(parse_device(v))))},
    {"device-cgroup-rule", READ(f.out.device_rules.push_back(TRY(parse_device_rule(v))))},

    {"memory", READ(TRY(read_memory(f.out.limits.memory, v, kLeastMemory)))},
    {"memory-high", READ(TRY(read_memory(f.out.limits.memory_high, v, kLeastMemory)))},
    {"memory-reservation", READ(TRY(read_memory(f.out.limits.memory_reservation, v, 0)))},
    {"memory-swap", READ(f.out.limits.memory_swap = unless_zero(TRY(parse_bytes_or_unlimited(v))))},
    {"memory-swappiness", READ(std::int64_t n = TRY(parse_number(v, -1, 100));
                               f.out.limits.memory_swappiness = n < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(n)))},
    {"oom-kill-disable", READ(f.out.limits.oom_kill_disable = is_on(v))},
    {"cpus", READ(f.out.limits.nano_cpus = unless_zero(TRY(parse_cpus(v))))},
    {"cpu-shares", read_shares},
    {"cpu-period", read_cpu_period},
    {"cpu-quota", read_cpu_quota},
    {"cpuset-cpus", READ(f.out.limits.cpuset_cpus = TRY(parse_cpu_list(v)))},
    {"cpuset-mems", READ(f.out.limits.cpuset_mems = TRY(parse_cpu_list(v)))},
    {"pids-limit", read_pids},
    {"blkio-weight", read_blkio_weight},
    {"device-read-bps", READ(f.out.limits.read_bps.push_back(TRY(parse_throttle(v, true))))},
    {"device-write-bps", READ(f.out.limits.write_bps.push_back(TRY(parse_throttle(v, true))))},
    {"device-read-iops", READ(f.out.limits.read_iops.push_back(TRY(parse_throttle(v, false))))},
    {"device-write-iops", READ(f.out.limits.write_iops.push_back(TRY(parse_throttle(v, false))))},
    {"cgroup-parent", READ(f.out.cgroup_parent = v)},

    {"cap-add", READ(TRY(add_capabilities(f.out.security.cap_add, v)))},
    {"cap-drop", READ(TRY(add_capabilities(f.out.security.cap_drop, v)))},
    {"privileged", READ(f.out.security.privileged = is_on(v))},
    {"security-opt", READ(TRY(add_security_option(f.out.security, v, f.around.read)))},
    {"sysctl", READ(put(f.out.sysctls, TRY(parse_sysctl(v))))},

    {"network", READ(f.out.network = TRY(parse_network(v)))},
    {"hostname", READ(f.out.hostname = TRY(parse_hostname(v)))},
    {"domainname", READ(f.out.domain_name = TRY(parse_hostname(v)))},
    {"add-host", READ(f.out.extra_hosts.push_back(TRY(parse_extra_host(v))))},
    {"dns", READ(f.out.dns.push_back(TRY(parse_address(v))))},
    {"dns-search", READ(f.out.dns_search.emplace_back(v))},
    {"dns-option", READ(f.out.dns_options.emplace_back(v))},
    {"pid", READ(f.out.pid = TRY(parse_namespace(v, kPidWords)))},
    {"ipc", READ(f.out.ipc = TRY(parse_namespace(v, kIpcWords)))},
    {"uts", READ(f.out.uts = TRY(parse_namespace(v, kUtsWords)))},
    {"cgroupns", READ(f.out.cgroup = TRY(parse_namespace(v, kUtsWords)))},
    {"userns", read_userns},

    {"label", READ(put(f.out.labels, TRY(parse_key_value(v))))},
    {"label-file", read_label_file},
    {"annotation", READ(put(f.out.annotations, TRY(parse_key_value(v))))},
    {"log-driver", read_log_driver},
    {"log-opt", read_log_option},
    // clang-format on
};
#undef READ

const Reader* find_reader(std::string_view name) {
  for (const Reader& reader : kReaders)
    if (reader.name == name)
      return &reader;
  return nullptr;
}

std::unexpected<Error> in_flag(Error error, const Option& option) {
  std::string prefix = "--" + std::string(option.name) + ": ";
  if (error.message.empty())
    error.doing.push_back("--" + std::string(option.name));
  else
    error.message = prefix + error.message;
  if (error.kind != Kind::input)
    error.kind = Kind::usage;
  return std::unexpected(std::move(error));
}

} // namespace

bool is_read(std::string_view name) {
  return find_reader(name) != nullptr;
}

// ---- flags that do not go together ----------------------------------------------------------------------------------

namespace {

Result<> check_memory(const engine::Limits& limits) {
  if (limits.memory_swap && !limits.memory)
    return fail(Kind::usage, "--memory-swap: it is memory and swap together, so it needs --memory beside it");
  if (limits.memory_swap && *limits.memory_swap >= 0 &&
      static_cast<std::uint64_t>(*limits.memory_swap) < *limits.memory)
    return fail(Kind::usage, "--memory-swap: it is memory and swap together, so it cannot be less than --memory");
  if (limits.memory && limits.memory_reservation && *limits.memory_reservation > *limits.memory)
    return fail(Kind::usage, "--memory-reservation: it cannot be more than --memory");
  if (limits.memory && limits.memory_high && *limits.memory_high > *limits.memory)
    return fail(Kind::usage, "--memory-high: it cannot be more than --memory");
  if (limits.oom_kill_disable && !limits.memory)
    return fail(Kind::usage, "--oom-kill-disable: without --memory the whole machine could come to a halt");
  return {};
}

// A setting of a namespace that is shared with the machine is the machine's.
Result<> check_sysctl_owner(const RunOptions& options, const std::string& key) {
  const kernel::SysctlFacts* facts = kernel::find_sysctl(key);
  struct Shared {
    kernel::NamespaceKind kind;
    const engine::NamespaceRequest& request;
    std::string_view flag;
  };
  for (const Shared& shared : {Shared{kernel::NamespaceKind::network, options.network, "--network"},
                               Shared{kernel::NamespaceKind::ipc, options.ipc, "--ipc"},
                               Shared{kernel::NamespaceKind::uts, options.uts, "--uts"}})
    if (facts != nullptr && facts->owner == shared.kind && shared.request.from == engine::NamespaceRequest::From::host)
      return fail(Kind::usage,
                  "--sysctl: with " + std::string(shared.flag) + " host " + key + " would be the machine's");
  return {};
}

Result<> check_namespaces(const RunOptions& options) {
  using From = engine::NamespaceRequest::From;
  if (options.uts.from == From::host && (!options.hostname.empty() || !options.domain_name.empty()))
    return fail(Kind::usage, "--hostname: with --uts host the name would be the machine's; leave one of the two out");
  if (options.ipc.from == From::none && options.shm_size)
    return fail(Kind::usage, "--shm-size: with --ipc none there is no /dev/shm");
  for (const engine::KeyValue& setting : options.sysctls)
    TRY(check_sysctl_owner(options, setting.key));
  return {};
}

Result<> check_together(const RunOptions& options) {
  TRY(check_memory(options.limits));
  if (options.limits.nano_cpus && (options.limits.cpu_period || options.limits.cpu_quota))
    return fail(Kind::usage, "--cpus: it stands for --cpu-period and --cpu-quota; give the one or the others");
  TRY(check_namespaces(options));
  for (std::size_t i = 0; i < options.mounts.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (options.mounts[i].destination == options.mounts[j].destination)
        return fail(Kind::usage, options.mounts[i].flag + ": " + options.mounts[i].destination +
                                     " is already taken by " + options.mounts[j].flag);
  return {};
}

} // namespace

Result<RunOptions> read_run_options(const Arguments& arguments, const Surroundings& around) {
  Fill fill{{}, around, {}};
  for (const Flag& flag : arguments.flags) {
    const Reader* reader = find_reader(flag.option->name);
    if (reader == nullptr)
      return fail(Kind::internal, "nobody reads --" + std::string(flag.option->name));
    if (Result<> done = reader->read(fill, flag.value); !done)
      return in_flag(std::move(done).error(), *flag.option);
    fill.out.given.push_back({std::string(flag.option->name), std::string(flag.value)});
  }
  fill.out.environment.insert(fill.out.environment.begin(), fill.file_variables.begin(), fill.file_variables.end());
  TRY(check_together(fill.out));
  fill.out.image = arguments.words[0];
  if (fill.out.image.empty())
    return fail(Kind::usage, "the image's name is empty");
  fill.out.command.assign(arguments.words.begin() + 1, arguments.words.end());
  return std::move(fill.out);
}

Result<engine::ExecOptions> read_exec_options(const Arguments& arguments, const Surroundings& around) {
  engine::ExecOptions out;
  std::vector<std::string> own;
  for (const Flag& flag : arguments.flags) {
    Fill fill{{}, around, {}};
    std::string_view name = flag.option->name;
    if (name == "privileged") {
      out.privileged = is_on(flag.value);
      continue;
    }
    if (Result<> done = find_reader(name)->read(fill, flag.value); !done)
      return in_flag(std::move(done).error(), *flag.option);
    for (std::string& variable : fill.file_variables)
      out.environment.push_back(std::move(variable));
    for (std::string& variable : fill.out.environment)
      own.push_back(std::move(variable));
    if (fill.out.working_directory)
      out.working_directory = std::move(fill.out.working_directory);
    if (!fill.out.user.empty())
      out.user = std::move(fill.out.user);
  }
  out.environment.insert(out.environment.end(), own.begin(), own.end());
  out.detach = arguments.on("detach");
  out.interactive = arguments.on("interactive");
  out.tty = arguments.on("tty");
  out.container = arguments.words[0];
  out.command.assign(arguments.words.begin() + 1, arguments.words.end());
  return out;
}

} // namespace phial::cli
