#include "runtime/lifecycle/remains.hpp"

#include "base/file.hpp"
#include "kernel/cgroup/layout.hpp"
#include "kernel/process.hpp"
#include "program/cgroup_removal.hpp"
#include "program/journal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <limits>
#include <vector>

namespace phial::runtime {

namespace {

constexpr int kPatience = 10'000; // milliseconds a killed process may take

// Its pid and a pidfd; an empty Fd where there is none, or it has ended.
Result<Fd> process_of(const std::string& state, pid_t& pid) {
  Result<Fd> journal = open_at(AT_FDCWD, state + "/journal", O_RDONLY);
  program::Journal head{};
  if (!journal || ::pread(journal->get(), &head, sizeof head, 0) != sizeof head)
    return Fd();
  if (head.magic != program::kJournalMagic || head.pid <= 0 || head.pid > std::numeric_limits<pid_t>::max())
    return Fd();
  if (head.pid_seal != program::seal_of(head.pid, head.pid_known_at, head.boot))
    return Fd();
  if (head.boot == 0 || head.boot != kernel::boot_number(TRY(kernel::boot_id())))
    return Fd();
  pid = static_cast<pid_t>(head.pid);
  return kernel::open_process_known_at(pid, head.pid_known_at);
}

bool is_called_after(std::string_view cgroup, const std::string& id) {
  return cgroup.ends_with("/" + id) || cgroup.ends_with("-" + id + ".scope");
}

Result<std::vector<std::string>> cgroups_of(pid_t pid, const std::string& id) {
  kernel::CgroupLayout layout = TRY(kernel::probe_cgroup_layout());
  std::string path = "/proc/" + std::to_string(pid) + "/cgroup";
  std::vector<std::string> out;
  for (const kernel::CgroupMembership& row : TRY(kernel::parse_process_cgroups(TRY(read_file(path))))) {
    if (!is_called_after(row.path, id))
      continue;
    for (const kernel::CgroupHierarchy& hierarchy : layout.hierarchies) {
      bool same = row.id == 0 ? hierarchy.version == 2
                              : hierarchy.version == 1 && !row.controllers.empty() &&
                                    (hierarchy.has(row.controllers.front()) ||
                                     row.controllers.front() == "name=" + hierarchy.name);
      if (same)
        out.push_back(hierarchy.directory(row.path));
    }
  }
  return out;
}

} // namespace

Result<> end_unrecorded(const std::string& state, const std::string& id) {
  pid_t pid = 0;
  Fd process = TRY(process_of(state, pid));
  if (!process || kernel::has_ended(process.get()))
    return {};
  std::vector<std::string> cgroups = TRY(cgroups_of(pid, id));
  TRY(kernel::send_signal(process.get(), SIGKILL));
  for (const std::string& cgroup : cgroups) // which thaws what it finds frozen
    if (long result = program::remove_cgroup(cgroup.c_str()); result < 0) {
      errno = static_cast<int>(-result);
      return fail_call("rmdir", cgroup);
    }
  if (!TRY(kernel::wait_for_end(process.get(), kPatience)))
    return fail(Kind::state, "container init still running");
  return {};
}

} // namespace phial::runtime
