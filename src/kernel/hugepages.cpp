#include "kernel/hugepages.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

namespace phial::kernel {

std::optional<std::string> huge_page_size(std::string_view directory_name) {
  constexpr std::string_view kHead = "hugepages-";
  if (!directory_name.starts_with(kHead) || !directory_name.ends_with("kB"))
    return std::nullopt;
  directory_name.remove_prefix(kHead.size());
  directory_name.remove_suffix(2);
  auto size = parse_uint(directory_name);
  if (!size || *size == 0)
    return std::nullopt;
  if (*size >= 1U << 20)
    return std::to_string(*size >> 20) + "GB";
  if (*size >= 1U << 10)
    return std::to_string(*size >> 10) + "MB";
  return std::to_string(*size) + "KB";
}

Result<std::vector<std::string>> probe_huge_page_sizes() {
  constexpr const char* kDirectory = "/sys/kernel/mm/hugepages";
  std::vector<std::string> sizes;
  if (!exists(kDirectory))
    return sizes;
  for (const std::string& name : TRY(list_directory(kDirectory)))
    if (auto size = huge_page_size(name))
      sizes.push_back(std::move(*size));
  return sizes;
}

} // namespace phial::kernel
