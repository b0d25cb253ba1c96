#include "kernel/errnos.hpp"

#include <cerrno>
#include <cstring>

namespace phial::kernel {

namespace {

struct Alias {
  std::string_view name;
  int number;
};
// The values the kernel may hand to a traced process or that share their number with another name.
constexpr Alias kAliases[] = {{"EWOULDBLOCK", EWOULDBLOCK}, {"ENOTSUP", ENOTSUP}, {"EDEADLOCK", EDEADLOCK}};

constexpr int kHighest = 134;

} // namespace

std::string errno_name(int number) {
  const char* name = number > 0 ? strerrorname_np(number) : nullptr;
  // glibc prefers ENOTSUP; the kernel's own name for 95 is EOPNOTSUPP.
  if (number == EOPNOTSUPP)
    return "EOPNOTSUPP";
  return name != nullptr ? std::string(name) : "errno " + std::to_string(number);
}

std::optional<int> errno_number(std::string_view name) {
  for (const Alias& alias : kAliases)
    if (alias.name == name)
      return alias.number;
  for (int number = 1; number < kHighest; ++number)
    if (errno_name(number) == name)
      return number;
  return std::nullopt;
}

std::string errno_text(int number) {
  const char* text = strerrordesc_np(number);
  return text != nullptr ? std::string(text) : "unknown error " + std::to_string(number);
}

} // namespace phial::kernel
