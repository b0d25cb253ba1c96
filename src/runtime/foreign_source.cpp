#include "runtime/foreign_source.hpp"

#include "base/text.hpp"

namespace phial::runtime {

std::optional<ForeignSource> foreign_source(std::string_view source) {
  constexpr std::string_view kProc = "/proc/";
  constexpr std::string_view kRoot = "/root/";
  if (!source.starts_with(kProc))
    return std::nullopt;
  std::size_t end = source.find('/', kProc.size());
  if (end == std::string_view::npos || !source.substr(end).starts_with(kRoot) ||
      !parse_uint(source.substr(kProc.size(), end - kProc.size())))
    return std::nullopt;
  return ForeignSource{std::string(source.substr(0, end)), std::string(source.substr(end + kRoot.size() - 1))};
}

} // namespace phial::runtime
