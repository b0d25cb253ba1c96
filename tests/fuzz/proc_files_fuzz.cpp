// What the kernel says in /proc, /sys and cgroup files: a container can have a say in some of it (names of processes,
// mounts, cgroups). The first byte chooses the parser.
#include "targets.hpp"

#include "kernel/capabilities.hpp"
#include "kernel/cgroup/layout.hpp"
#include "kernel/cgroup/stats.hpp"
#include "kernel/hugepages.hpp"
#include "kernel/id_maps.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/net_devices.hpp"
#include "kernel/number_list.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"

namespace phial::fuzz {

namespace {

void mounts(std::string_view text) {
  Result<std::vector<kernel::MountInfo>> mounts = kernel::parse_mountinfo(text);
  if (!mounts)
    return;
  for (const kernel::MountInfo& mount : *mounts) {
    const kernel::MountInfo* found = kernel::find_mount(*mounts, mount.point);
    require(mount.point.empty() || mount.point.front() != '/' || found != nullptr, "a mount does not lie on a mount");
  }
  static_cast<void>(kernel::find_mount(*mounts, "/a/b"));
}

void layout(std::string_view text) {
  Input input(text);
  std::string_view mountinfo = input.part();
  std::string_view self = input.part();
  Result<kernel::CgroupLayout> layout = kernel::parse_cgroup_layout(mountinfo, self, input.rest());
  static_cast<void>(kernel::parse_process_cgroups(text));
  if (!layout)
    return;
  static_cast<void>(layout->holding("io"));
  for (const kernel::CgroupHierarchy& hierarchy : layout->hierarchies) {
    static_cast<void>(hierarchy.label());
    static_cast<void>(hierarchy.directory("/phial/c1"));
    static_cast<void>(hierarchy.own_directory());
  }
}

void process(std::string_view text) {
  if (std::optional<kernel::ProcStat> stat = kernel::parse_stat(text))
    require(text.find(stat->command) != std::string_view::npos, "a command that is not in the text");
  static_cast<void>(kernel::parse_status_capabilities(text));
  static_cast<void>(kernel::parse_ignored_signals(text));
}

void stats(std::string_view text) {
  static_cast<void>(kernel::flat_value(text, "oom_kill"));
  static_cast<void>(kernel::single_value(text));
  static_cast<void>(kernel::limit_value(text));
  static_cast<void>(kernel::oom_kills(text));
  static_cast<void>(kernel::populated(text) && kernel::frozen(text) && kernel::frozen_v1(text));
  static_cast<void>(kernel::cpu_usage_v2(text));
  static_cast<void>(kernel::throttling(text));
  static_cast<void>(kernel::memory_events(text));
  static_cast<void>(kernel::parse_pressure(text));
  static_cast<void>(kernel::io_totals_v2(text));
  static_cast<void>(kernel::io_totals_v1(text, text));
  static_cast<void>(kernel::huge_page_size(text));
}

void ids(std::string_view text) {
  if (Result<std::vector<kernel::IdRange>> map = kernel::parse_id_map(text); map && kernel::check_id_map(*map)) {
    Result<std::vector<kernel::IdRange>> again = kernel::parse_id_map(kernel::id_map_text(*map));
    require(again && *again == *map, "a map of ids reads otherwise");
    for (std::uint32_t id : {0U, 1000U, 0xfffffffeU, 0xffffffffU})
      if (std::optional<std::uint32_t> outside = kernel::to_outside(*map, id))
        require(kernel::to_inside(*map, *outside) == id, "an id does not lead back");
  }
  static_cast<void>(kernel::parse_subordinate_ids(text, "user", 1000));
  if (Result<std::vector<std::uint64_t>> list = kernel::parse_number_list(text)) {
    Result<std::vector<std::uint64_t>> again = kernel::parse_number_list(kernel::format_number_list(*list));
    require(again && *again == *list, "a list of numbers reads otherwise");
  }
}

void addresses(std::string_view text) {
  Result<std::vector<kernel::NetAddress>> addresses =
      kernel::parse_addresses({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 2);
  if (addresses)
    for (const kernel::NetAddress& address : *addresses)
      static_cast<void>(kernel::format_address(address));
}

} // namespace

void proc_files(std::string_view bytes) {
  constexpr Target kParsers[] = {mounts, layout, process, stats, ids, addresses};
  Input input(bytes);
  std::size_t which = input.byte() % std::size(kParsers);
  kParsers[which](input.rest());
}

} // namespace phial::fuzz
