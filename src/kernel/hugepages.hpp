// The sizes of huge pages this machine has, as cgroup files spell them. A pure parser and a read-only probe.
#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

// "hugepages-2048kB" -> "2MB"; nullopt for a name that is none.
[[nodiscard]] std::optional<std::string> huge_page_size(std::string_view directory_name);

// From /sys/kernel/mm/hugepages; empty where the kernel has none.
[[nodiscard]] Result<std::vector<std::string>> probe_huge_page_sizes();

} // namespace phial::kernel
