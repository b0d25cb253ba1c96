#include "kernel/devices.hpp"

#include "base/text.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

namespace phial::kernel {

namespace {

constexpr DeviceNode kNodes[] = {
    {"/dev/null", 'c', 1, 3, 0666},   {"/dev/zero", 'c', 1, 5, 0666},    {"/dev/full", 'c', 1, 7, 0666},
    {"/dev/random", 'c', 1, 8, 0666}, {"/dev/urandom", 'c', 1, 9, 0666}, {"/dev/tty", 'c', 5, 0, 0666},
};

constexpr DeviceLink kLinks[] = {
    {"/dev/fd", "/proc/self/fd"},       {"/dev/stdin", "/proc/self/fd/0"}, {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"}, {"/dev/ptmx", "pts/ptmx"},         {"/dev/core", "/proc/kcore"},
};

constexpr std::string_view kShape = "write TYPE MAJOR:MINOR ACCESS, for example 'c 1:3 rwm' or 'b 8:* r'";

// "*" is every number.
bool parse_number(std::string_view text, std::optional<std::int64_t>& number) {
  if (text == "*") {
    number.reset();
    return true;
  }
  auto value = parse_uint(text);
  if (!value || *value > 0xffffffff)
    return false;
  number = static_cast<std::int64_t>(*value);
  return true;
}

bool is_access(std::string_view text) {
  if (text.empty() || text.size() > 3)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] != 'r' && text[i] != 'w' && text[i] != 'm') || text.find(text[i], i + 1) != std::string_view::npos)
      return false;
  return true;
}

std::string number_text(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string("*");
}

bool speaks_of(const DeviceRule& rule, const DeviceAccess& access) {
  return (rule.type == 'a' || rule.type == access.type) && (!rule.major || *rule.major == access.major) &&
         (!rule.minor || *rule.minor == access.minor);
}

bool is_everything(const DeviceRule& rule) {
  return rule.type == 'a' && !rule.major && !rule.minor && rule.access.size() == 3;
}

} // namespace

std::span<const DeviceNode> default_devices() {
  return kNodes;
}
std::span<const DeviceLink> default_device_links() {
  return kLinks;
}

std::vector<DeviceRule> default_device_rules() {
  std::vector<DeviceRule> rules = {{false, 'a', {}, {}, "rwm"}, {true, 'c', {}, {}, "m"}, {true, 'b', {}, {}, "m"}};
  for (const DeviceNode& node : kNodes)
    rules.push_back({true, node.type, node.major, node.minor, "rwm"});
  rules.push_back({true, 'c', 5, 1, "rwm"});    // /dev/console
  rules.push_back({true, 'c', 5, 2, "rwm"});    // /dev/ptmx
  rules.push_back({true, 'c', 136, {}, "rwm"}); // /dev/pts/*
  return rules;
}

Result<DeviceRule> parse_device_rule(std::string_view text, bool allow) {
  auto wrong = [text] {
    return fail(Kind::input, "'" + std::string(text) + "' is not a device rule", std::string(kShape));
  };
  DeviceRule rule;
  rule.allow = allow;
  if (text == "a")
    return rule;
  std::vector<std::string_view> words;
  for (std::string_view word : split(text, ' '))
    if (!word.empty())
      words.push_back(word);
  if (words.size() != 3 || words[0].size() != 1 || std::string_view("abc").find(words[0]) == std::string_view::npos)
    return wrong();
  rule.type = words[0].front();
  Halves numbers = split_once(words[1], ':');
  if (!numbers.second || !parse_number(numbers.first, rule.major) || !parse_number(*numbers.second, rule.minor) ||
      !is_access(words[2]))
    return wrong();
  rule.access = words[2];
  return rule;
}

std::string format_device_rule(const DeviceRule& rule) {
  return std::string(1, rule.type) + " " + number_text(rule.major) + ":" + number_text(rule.minor) + " " + rule.access;
}

bool device_allowed(std::span<const DeviceRule> rules, const DeviceAccess& access) {
  auto granted = [&](char letter) {
    for (std::size_t i = rules.size(); i-- > 0;)
      if (speaks_of(rules[i], access) && rules[i].access.find(letter) != std::string::npos)
        return rules[i].allow;
    return false;
  };
  return std::ranges::all_of(access.access, granted);
}

std::vector<DeviceListWrite> device_list_writes(std::span<const DeviceRule> rules) {
  std::vector<DeviceListWrite> writes;
  for (const DeviceRule& rule : rules) {
    if (is_everything(rule)) {
      writes.push_back({rule.allow, "a"});
      continue;
    }
    for (char type : {'b', 'c'}) {
      if (rule.type != 'a' && rule.type != type)
        continue;
      DeviceRule one = rule;
      one.type = type;
      writes.push_back({rule.allow, format_device_rule(one)});
    }
  }
  return writes;
}

Result<DeviceNumber> probe_device(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0)
    return fail_call("stat", path);
  DeviceNumber device;
  if (S_ISCHR(status.st_mode))
    device.type = 'c';
  else if (S_ISBLK(status.st_mode))
    device.type = 'b';
  else if (S_ISFIFO(status.st_mode))
    device.type = 'p';
  else
    return fail(Kind::input, "'" + path + "' is not a device");
  device.major = major(status.st_rdev);
  device.minor = minor(status.st_rdev);
  device.mode = status.st_mode & 07777;
  device.uid = status.st_uid;
  device.gid = status.st_gid;
  return device;
}

} // namespace phial::kernel
