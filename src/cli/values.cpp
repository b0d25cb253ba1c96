#include "cli/values.hpp"

#include "base/text.hpp"
#include "kernel/rlimits.hpp"
#include "kernel/signals.hpp"
#include "kernel/sysctls.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <limits>

namespace phial::cli {

namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A parser of a lower room found it wrong: same sentence, but a mistake in a flag.
std::unexpected<Error> as_usage(Error error) {
  error.kind = Kind::usage;
  return std::unexpected(std::move(error));
}

} // namespace

std::unexpected<Error> bad_value(std::string_view text, std::string_view what, std::string_view expected) {
  return fail(Kind::usage, quoted(text) + " is not " + std::string(what) + ": " + std::string(expected));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  std::optional<std::uint64_t> bytes = parse_size(text);
  if (!bytes)
    return bad_value(text, "a size", "expected a number and b, k, m or g, as in 64m");
  return *bytes;
}

Result<std::int64_t> parse_bytes_or_unlimited(std::string_view text) {
  if (text == "-1")
    return -1;
  std::optional<std::uint64_t> bytes = parse_size(text);
  if (!bytes)
    return bad_value(text, "a size", "expected a number and b, k, m or g, as in 64m, or -1 for no limit");
  return static_cast<std::int64_t>(*bytes);
}

Result<std::int64_t> parse_number(std::string_view text, std::int64_t least, std::int64_t most) {
  std::optional<std::int64_t> number = parse_int(text);
  std::string expected = "expected a whole number";
  if (most != std::numeric_limits<std::int64_t>::max())
    expected += " from " + std::to_string(least) + " to " + std::to_string(most);
  else if (least != std::numeric_limits<std::int64_t>::min())
    expected += ", " + std::to_string(least) + " or more";
  if (!number)
    return bad_value(text, "a number", expected);
  if (*number < least || *number > most)
    return fail(Kind::usage, std::string(text) + " is out of range: " + expected);
  return *number;
}

Result<std::uint64_t> parse_cpus(std::string_view text) {
  constexpr std::uint64_t kBillion = 1'000'000'000;
  Halves halves = split_once(text, '.');
  std::string_view fraction = halves.second.value_or("");
  std::uint64_t whole = 0;
  bool sound = !halves.first.empty() || !fraction.empty();
  if (!halves.first.empty()) {
    std::optional<std::uint64_t> number = parse_uint(halves.first);
    sound = number && *number < 1'000'000;
    whole = number.value_or(0);
  }
  sound = sound && std::ranges::all_of(fraction, is_digit);
  if (!sound)
    return bad_value(text, "a number of CPUs", "expected a decimal number, as in 0.5 or 2");
  std::string digits(fraction);
  while (digits.ends_with('0'))
    digits.pop_back();
  if (digits.size() > 9)
    return fail(Kind::usage, quoted(text) + " is too precise: nine digits behind the point are the most");
  digits.resize(9, '0');
  std::uint64_t nano = whole * kBillion + parse_uint(digits).value_or(0);
  if (nano != 0 && nano < kBillion / 100)
    return fail(Kind::usage, quoted(text) + " is too little: 0.01 CPUs are the least the kernel can share out");
  return nano;
}

Result<std::string> parse_cpu_list(std::string_view text) {
  constexpr std::string_view kExpected = "expected numbers and ranges with commas between, as in 0-3,5";
  for (std::string_view part : split(text, ',')) {
    Halves halves = split_once(part, '-');
    std::optional<std::uint64_t> first = parse_uint(halves.first);
    std::optional<std::uint64_t> last = halves.second ? parse_uint(*halves.second) : first;
    if (!first || !last || *last < *first || *last > 8191)
      return bad_value(text, "a list of CPUs or memory nodes", kExpected);
  }
  return std::string(text);
}

Result<engine::KeyValue> parse_key_value(std::string_view text) {
  Halves halves = split_once(text, '=');
  if (trim(halves.first).empty())
    return bad_value(text, "a key with a value", "expected KEY=VALUE");
  return engine::KeyValue{std::string(halves.first), std::string(halves.second.value_or(""))};
}

void put(std::vector<engine::KeyValue>& into, engine::KeyValue pair) {
  auto at = std::ranges::lower_bound(into, pair.key, {}, &engine::KeyValue::key);
  if (at != into.end() && at->key == pair.key)
    at->value = std::move(pair.value);
  else
    into.insert(at, std::move(pair));
}

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view part : split(path, '/')) {
    if (part == ".." && !kept.empty())
      kept.pop_back();
    else if (!part.empty() && part != "." && part != "..")
      kept.push_back(part);
  }
  std::string out;
  for (std::string_view part : kept)
    out += "/" + std::string(part);
  return out.empty() ? "/" : out;
}

Result<std::string> parse_container_path(std::string_view text) {
  if (text.empty() || text[0] != '/')
    return bad_value(text, "an absolute path", "expected one that begins with /");
  return clean_path(text);
}

Result<std::string> parse_hostname(std::string_view text) {
  constexpr std::size_t kLongest = 64; // __NEW_UTS_LEN
  if (text.empty() || text.size() > kLongest || !is_word(text[0]) ||
      !std::ranges::all_of(text, [](char c) { return is_word(c) || c == '-' || c == '.' || c == '_'; }))
    return bad_value(text, "a host name", "expected up to 64 letters, digits, dots and dashes");
  return std::string(text);
}

Result<std::string> parse_user(std::string_view text) {
  Halves halves = split_once(text, ':');
  bool sound = !halves.first.empty() && !(halves.second && halves.second->empty()) &&
               halves.second.value_or("").find(':') == std::string_view::npos &&
               text.find_first_of(" \t\n/") == std::string_view::npos;
  for (std::string_view id : {halves.first, halves.second.value_or("0")})
    if (sound && std::ranges::all_of(id, is_digit))
      sound = parse_uint(id).value_or(~0ULL) <= std::numeric_limits<std::int32_t>::max();
  if (!sound)
    return bad_value(text, "a user", "expected NAME or UID, and :GROUP or :GID where wanted");
  return std::string(text);
}

Result<std::string> parse_stop_signal(std::string_view text) {
  Result<int> number = kernel::parse_signal(text);
  if (!number)
    return as_usage(std::move(number).error());
  return kernel::signal_name(*number);
}

Result<engine::KeyValue> parse_sysctl(std::string_view text) {
  Halves halves = split_once(text, '=');
  if (!halves.second || trim(halves.first).empty())
    return bad_value(text, "a setting", "expected NAME=VALUE, as in net.ipv4.ip_forward=1");
  Result<std::string> name = kernel::normal_sysctl(trim(halves.first));
  if (!name)
    return as_usage(std::move(name).error());
  if (kernel::find_sysctl(*name) == nullptr)
    return fail(Kind::usage, quoted(*name) + " would change the whole machine: no namespace has one of its own",
                "a container has its own net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm*");
  return engine::KeyValue{*std::move(name), std::string(*halves.second)};
}

Result<engine::Ulimit> parse_ulimit(std::string_view text) {
  Result<kernel::Rlimit> limit = kernel::parse_ulimit(text);
  if (!limit)
    return as_usage(std::move(limit).error());
  return engine::Ulimit{std::string(kernel::find_rlimit(limit->number)->name), limit->soft, limit->hard};
}

Result<std::string> parse_address(std::string_view text) {
  std::string address(text);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  in6_addr bytes{};
  if (::inet_pton(AF_INET, address.c_str(), &bytes) != 1 && ::inet_pton(AF_INET6, address.c_str(), &bytes) != 1)
    return bad_value(text, "an address", "expected one as in 10.0.0.1 or fd00::1");
  return address;
}

Result<engine::KeyValue> parse_extra_host(std::string_view text) {
  std::size_t at = text.find_first_of("=:");
  if (at == std::string_view::npos || at == 0 || text.substr(0, at).find(' ') != std::string_view::npos)
    return bad_value(text, "a host and its address", "expected NAME:ADDRESS");
  return engine::KeyValue{std::string(text.substr(0, at)), TRY(parse_address(text.substr(at + 1)))};
}

Result<engine::NamespaceRequest> parse_namespace(std::string_view text, const NamespaceWords& words) {
  using From = engine::NamespaceRequest::From;
  if (text.empty())
    return engine::NamespaceRequest{};
  if (text == "host")
    return engine::NamespaceRequest{From::host, {}};
  if (text == "private" && words.own)
    return engine::NamespaceRequest{From::own, {}};
  if (text == "none" && words.none)
    return engine::NamespaceRequest{From::none, {}};
  if (text == "shareable" && words.shareable)
    return engine::NamespaceRequest{From::shareable, {}};
  if (text.starts_with("container:") && words.container && text.size() > 10)
    return engine::NamespaceRequest{From::container, std::string(text.substr(10))};
  return bad_value(text, "known here", "expected " + std::string(words.expected));
}

Result<engine::NamespaceRequest> parse_network(std::string_view text) {
  constexpr NamespaceWords kWords = {.expected =
                                         "none, host or container:NAME (this version has no networks of its own)",
                                     .container = true,
                                     .none = true,
                                     .own = false};
  if (text == "default")
    text = "";
  return parse_namespace(text, kWords);
}

namespace {

// "rwm" in some order, each at most once.
bool is_device_access(std::string_view text) {
  return !text.empty() && text.size() <= 3 && text.find_first_not_of("rwm") == std::string_view::npos &&
         std::ranges::count(text, 'r') <= 1 && std::ranges::count(text, 'w') <= 1 && std::ranges::count(text, 'm') <= 1;
}

} // namespace

Result<engine::DeviceRequest> parse_device(std::string_view text) {
  constexpr std::string_view kExpected = "expected PATH[:PATH-IN-CONTAINER][:rwm], as in /dev/fuse";
  std::vector<std::string_view> parts = split(text, ':');
  engine::DeviceRequest out;
  out.source = parts[0];
  out.destination = out.source;
  if (parts.size() == 2 && is_device_access(parts[1]))
    out.access = parts[1];
  else if (parts.size() >= 2)
    out.destination = parts[1];
  if (parts.size() == 3)
    out.access = parts[2];
  if (parts.size() > 3 || !out.source.starts_with('/') || !out.destination.starts_with('/'))
    return bad_value(text, "a device", kExpected);
  if (!is_device_access(out.access))
    return bad_value(out.access, "a way to use a device", "expected r (read), w (write) and m (mknod)");
  out.destination = clean_path(out.destination);
  return out;
}

Result<engine::DeviceRule> parse_device_rule(std::string_view text) {
  std::vector<std::string_view> words = split(text, ' ');
  Halves numbers = split_once(words.size() == 3 ? words[1] : "", ':');
  auto number = [](std::string_view part) -> std::optional<std::int64_t> {
    std::optional<std::uint64_t> value = parse_uint(part);
    return value && *value <= std::numeric_limits<std::uint32_t>::max()
               ? std::optional(static_cast<std::int64_t>(*value))
               : std::nullopt;
  };
  engine::DeviceRule rule;
  bool sound = words.size() == 3 && (words[0] == "a" || words[0] == "b" || words[0] == "c") && numbers.second &&
               is_device_access(words[2]);
  if (sound) {
    rule = {words[0][0], number(numbers.first), number(*numbers.second), std::string(words[2])};
    sound = (rule.major || numbers.first == "*") && (rule.minor || *numbers.second == "*");
  }
  if (!sound)
    return bad_value(text, "a rule for devices", "expected TYPE MAJOR:MINOR ACCESS, as in 'c 1:3 rwm' or 'b 8:* r'");
  return rule;
}

Result<engine::Throttle> parse_throttle(std::string_view text, bool bytes) {
  std::size_t at = text.rfind(':');
  std::string_view device = text.substr(0, at == std::string_view::npos ? 0 : at);
  if (!device.starts_with("/dev/"))
    return bad_value(text, "a device and its rate",
                     bytes ? "expected /dev/NAME:SIZE, as in /dev/sda:1mb"
                           : "expected /dev/NAME:NUMBER, as in /dev/sda:1000");
  std::string_view rate = text.substr(at + 1);
  std::optional<std::uint64_t> value = bytes ? parse_size(rate) : parse_uint(rate);
  if (!value || *value == 0)
    return bad_value(rate, bytes ? "a rate in bytes a second" : "a rate in operations a second",
                     bytes ? "expected a number with kb, mb or gb where wanted" : "expected a whole number");
  return engine::Throttle{std::string(device), *value};
}

} // namespace phial::cli
