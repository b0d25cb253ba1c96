// Values of the command line: sizes, durations, numbers, mounts, limits, devices, users. The first byte chooses.
#include "targets.hpp"

#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/mount_values.hpp"
#include "cli/security_values.hpp"
#include "cli/values.hpp"
#include "cli/variables.hpp"
#include "engine/terminal.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/devices.hpp"
#include "kernel/mounts.hpp"
#include "kernel/number_list.hpp"
#include "kernel/rlimits.hpp"
#include "kernel/signals.hpp"
#include "kernel/sysctls.hpp"

namespace phial::fuzz {

namespace {

void sizes(std::string_view text) {
  static_cast<void>(cli::parse_bytes(text));
  static_cast<void>(cli::parse_bytes_or_unlimited(text));
  static_cast<void>(cli::parse_cpus(text));
  if (std::optional<std::uint64_t> size = parse_size(text)) {
    static_cast<void>(format_size(*size));
    static_cast<void>(format_binary_size(*size));
  }
  if (std::optional<std::int64_t> number = parse_int(text))
    require(parse_int(std::to_string(*number)) == number, "a number is another");
  static_cast<void>(cli::parse_number(text, -5, 5));
}

void times(std::string_view text) {
  if (std::optional<std::int64_t> span = parse_duration(text))
    static_cast<void>(human_duration(*span));
  if (std::optional<std::int64_t> time = parse_time(text)) {
    std::string shown = time_string(*time);
    require(shown.size() == kTimeLength && parse_time(shown) == time, "a time is another");
  }
  static_cast<void>(parse_moment(text, 1'800'000'000 * kSecond));
}

void mounts(std::string_view text) {
  static_cast<void>(cli::parse_volume(text, "/here"));
  static_cast<void>(cli::parse_mount(text, "/here"));
  static_cast<void>(cli::parse_tmpfs(text));
  std::vector<std::string> words;
  for (std::string_view word : split(text, ','))
    words.emplace_back(word);
  if (Result<kernel::MountOptions> options = kernel::parse_mount_options(words)) {
    static_cast<void>(options->ms_flags());
    static_cast<void>(options->super_options());
    static_cast<void>(options->data_string());
    static_cast<void>(kernel::format_mount_attributes(options->attr_set));
  }
  static_cast<void>(kernel::parse_propagation(text));
  if (Result<std::string> path = cli::parse_container_path(text)) {
    require(path->starts_with('/') && ("/" + *path + "/").find("/../") == std::string::npos, "a path is not clean");
    require(cli::parse_container_path(*path) == *path, "a clean path is cleaned again");
  }
}

void limits(std::string_view text) {
  if (Result<kernel::Rlimit> limit = kernel::parse_ulimit(text)) {
    Result<kernel::Rlimit> again = kernel::parse_ulimit(kernel::format_ulimit(*limit));
    require(again && *again == *limit, "a limit is another");
  }
  static_cast<void>(cli::parse_ulimit(text));
  static_cast<void>(cli::parse_cpu_list(text));
  static_cast<void>(cli::parse_throttle(text, true));
  static_cast<void>(cli::parse_throttle(text, false));
}

void devices(std::string_view text) {
  static_cast<void>(cli::parse_device(text));
  static_cast<void>(cli::parse_device_rule(text));
  if (Result<kernel::DeviceRule> rule = kernel::parse_device_rule(text)) {
    Result<kernel::DeviceRule> again = kernel::parse_device_rule(kernel::format_device_rule(*rule));
    require(again && *again == *rule, "a rule for devices is another");
    static_cast<void>(kernel::device_list_writes(std::span(&*rule, 1)));
  }
}

void names(std::string_view text) {
  static_cast<void>(cli::parse_user(text));
  static_cast<void>(cli::parse_hostname(text));
  static_cast<void>(cli::parse_extra_host(text));
  static_cast<void>(cli::parse_address(text));
  static_cast<void>(cli::parse_network(text));
  static_cast<void>(cli::parse_namespace(text, {.container = true, .none = true, .shareable = true}));
  static_cast<void>(cli::parse_key_value(text));
  static_cast<void>(cli::parse_stop_signal(text));
  static_cast<void>(cli::parse_variable_file(text, "file", {}));
  static_cast<void>(engine::parse_detach_keys(text));
  if (Result<int> signal = kernel::parse_signal(text))
    require(kernel::parse_signal(kernel::signal_name(*signal)) == *signal, "a signal is another");
}

void rights(std::string_view text) {
  std::vector<std::string> capabilities;
  static_cast<void>(cli::add_capabilities(capabilities, text));
  engine::SecurityRequest security;
  static_cast<void>(cli::add_security_option(security, text, [](const std::string& path) -> Result<std::string> {
    return fail_call("openat", path, ENOENT);
  }));
  static_cast<void>(cli::parse_sysctl(text));
  Halves halves = split_once(text, '=');
  if (Result<std::string> path = kernel::check_sysctl(halves.first, halves.second.value_or(""), ~std::uint64_t{0}))
    require(("/" + *path + "/").find("/../") == std::string::npos && !path->starts_with('/'),
            "a sysctl leads elsewhere");
}

} // namespace

void values(std::string_view bytes) {
  constexpr Target kParsers[] = {sizes, times, mounts, limits, devices, names, rights};
  Input input(bytes);
  std::size_t which = input.byte() % std::size(kParsers);
  kParsers[which](input.rest());
}

} // namespace phial::fuzz
