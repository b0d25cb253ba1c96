// Values of flags, text to typed value: numbers, sizes, names, addresses, namespaces. Pure. Errors are Kind::usage and
// one clause that names the bad part and what is expected; the caller puts the flag's name in front.
#pragma once

#include "base/error.hpp"
#include "engine/run_options.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace phial::cli {

// "text" is not WHAT: EXPECTED
[[nodiscard]] std::unexpected<Error> bad_value(std::string_view text, std::string_view what, std::string_view expected);

// "64m" in bytes.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);
// The same, or -1.
[[nodiscard]] Result<std::int64_t> parse_bytes_or_unlimited(std::string_view text);
[[nodiscard]] Result<std::int64_t> parse_number(std::string_view text, std::int64_t least, std::int64_t most);
// "1.5" CPUs in billionths of one; at least 0.01; 0 for "0".
[[nodiscard]] Result<std::uint64_t> parse_cpus(std::string_view text);
// "0-3,5", as the kernel takes it.
[[nodiscard]] Result<std::string> parse_cpu_list(std::string_view text);

// "key=value"; "key" has the empty value. Only the key must not be empty.
[[nodiscard]] Result<engine::KeyValue> parse_key_value(std::string_view text);
// Keeps the last value of a key; sorted by key.
void put(std::vector<engine::KeyValue>& into, engine::KeyValue pair);

// A path of the container: absolute; the result has no "." and "..", no doubled and no trailing slash.
[[nodiscard]] Result<std::string> parse_container_path(std::string_view text);
[[nodiscard]] std::string clean_path(std::string_view path);

[[nodiscard]] Result<std::string> parse_hostname(std::string_view text);
[[nodiscard]] Result<std::string> parse_user(std::string_view text);
[[nodiscard]] Result<std::string> parse_stop_signal(std::string_view text);
[[nodiscard]] Result<engine::KeyValue> parse_sysctl(std::string_view text);
[[nodiscard]] Result<engine::Ulimit> parse_ulimit(std::string_view text);
// "name:address" or "name=address"
[[nodiscard]] Result<engine::KeyValue> parse_extra_host(std::string_view text);
[[nodiscard]] Result<std::string> parse_address(std::string_view text);

// Which sources a namespace flag knows.
struct NamespaceWords {
  std::string_view expected; // for the message: "host, private or container:NAME"
  bool container = false;
  bool none = false;
  bool shareable = false;
  bool own = true;
};
[[nodiscard]] Result<engine::NamespaceRequest> parse_namespace(std::string_view text, const NamespaceWords& words);
[[nodiscard]] Result<engine::NamespaceRequest> parse_network(std::string_view text);

// --device and its kin.
[[nodiscard]] Result<engine::DeviceRequest> parse_device(std::string_view text);
[[nodiscard]] Result<engine::DeviceRule> parse_device_rule(std::string_view text);
[[nodiscard]] Result<engine::Throttle> parse_throttle(std::string_view text, bool bytes);

} // namespace phial::cli
