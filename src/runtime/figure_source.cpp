#include "runtime/figure_source.hpp"

#include "base/file.hpp"
#include "kernel/hugepages.hpp"
#include "kernel/namespaces.hpp"

namespace phial::runtime {

ContainerFigures::ContainerFigures(kernel::CgroupLayout layout, std::string cgroup, pid_t pid)
    : layout_(std::move(layout)), cgroup_(std::move(cgroup)), pid_(pid) {}

const kernel::CgroupHierarchy* ContainerFigures::hierarchy(std::string_view controller) const {
  return controller.empty() ? layout_.unified() : layout_.holding(controller);
}

int ContainerFigures::version(std::string_view controller) const {
  const kernel::CgroupHierarchy* found = hierarchy(controller);
  return found == nullptr ? 0 : found->version;
}

std::string ContainerFigures::read(std::string_view controller, std::string_view file) const {
  const kernel::CgroupHierarchy* found = hierarchy(controller);
  if (found == nullptr)
    return {};
  Result<std::string> text = read_file(found->directory(cgroup_) + "/" + std::string(file));
  return text ? std::move(*text) : std::string();
}

std::vector<std::string> ContainerFigures::huge_page_sizes() const {
  Result<std::vector<std::string>> sizes = kernel::probe_huge_page_sizes();
  return sizes ? std::move(*sizes) : std::vector<std::string>{};
}

std::string ContainerFigures::network_devices() const {
  if (pid_ == 0)
    return {};
  Result<std::uint64_t> own = kernel::namespace_inode(pid_, kernel::NamespaceKind::network);
  Result<std::uint64_t> ours = kernel::namespace_inode(0, kernel::NamespaceKind::network);
  if (!own || !ours || *own == *ours)
    return {};
  Result<std::string> text = read_file("/proc/" + std::to_string(pid_) + "/net/dev");
  return text ? std::move(*text) : std::string();
}

} // namespace phial::runtime
