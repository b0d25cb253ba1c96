// The figures of a container there is: its cgroups' files, read as they are asked for.
#pragma once

#include "kernel/cgroup/layout.hpp"
#include "runtime/figures.hpp"

#include <sys/types.h>

#include <string>

namespace phial::runtime {

class ContainerFigures final : public FigureSource {
public:
  // `cgroup` is its path below each hierarchy, `pid` its first process, 0 where that has ended.
  ContainerFigures(kernel::CgroupLayout layout, std::string cgroup, pid_t pid);

  [[nodiscard]] int version(std::string_view controller) const override;
  [[nodiscard]] std::string read(std::string_view controller, std::string_view file) const override;
  [[nodiscard]] std::vector<std::string> huge_page_sizes() const override;
  [[nodiscard]] std::string network_devices() const override;

private:
  [[nodiscard]] const kernel::CgroupHierarchy* hierarchy(std::string_view controller) const;

  kernel::CgroupLayout layout_;
  std::string cgroup_;
  pid_t pid_;
};

} // namespace phial::runtime
