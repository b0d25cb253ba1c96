// delete: ends what may be ended, runs the poststop hooks, undoes what outlives processes, forgets.
#include "base/file.hpp"
#include "kernel/process.hpp"
#include "program/failure.hpp"
#include "program/host.hpp"
#include "program/link.hpp"
#include "runtime/freezer.hpp"
#include "runtime/lifecycle/operations.hpp"
#include "runtime/lifecycle/remains.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "runtime/lifecycle/stored.hpp"

#include <fcntl.h>
#include <signal.h>

namespace phial::runtime {

namespace {

constexpr int kPatience = 10'000; // milliseconds a killed process may take
constexpr int kLook = 100;        // after so many it is looked whether somebody froze it meanwhile

Result<> end(const Container& container) {
  TRY(kernel::send_signal(container.process.get(), SIGKILL));
  // A freezer of version 1 keeps even the killed from ending, and who pauses it, or a cgroup in it, does not ask us.
  bool freezes = container.record.cgroups.freezer_v1;
  if (container.status == Status::paused && freezes)
    TRY(set_frozen(container.record.cgroups, false));
  for (int waited = 0; waited < kPatience; waited += kLook) {
    if (TRY(kernel::wait_for_end(container.process.get(), kLook)))
      return {};
    if (freezes)
      thaw_below(container.record.cgroups.freezer);
  }
  return fail(Kind::state, "container init still running");
}

Result<> run_stored_hooks(const std::string& path, std::vector<std::string>& problems) {
  Stored stored = TRY(read_stored(path));
  program::Loaded run = TRY(program::reload_image(stored.image(), TRY(open_at(AT_FDCWD, path + "/journal", O_RDWR))));
  program::Range range = run.machine().image->sections[static_cast<unsigned>(program::Section::stopped)];
  if (range.count == 0)
    return {};
  (void)run.run(program::Section::stopped);
  program::Program program = TRY(program::read_linked(stored.image()));
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i)
    if (long result = run.machine().journal->entries[i].result; result < 0)
      problems.push_back(program::failure(program, i, static_cast<int>(-result)).text());
  return {};
}

// runtime.md, "Lifecycle", step 13: what goes wrong with them is told, and the container goes all the same.
void run_hooks(const std::string& path, std::vector<std::string>* problems) {
  std::vector<std::string> unheard;
  std::vector<std::string>& to = problems == nullptr ? unheard : *problems;
  if (Result<> ran = run_stored_hooks(path, to); !ran)
    to.push_back("the poststop hooks could not be run, or what came of them not be told: " + ran.error().text());
}

} // namespace

Result<> delete_container(const std::string& root, const std::string& id, bool force,
                          std::vector<std::string>* problems) {
  TRY(check_id(id));
  Result<Fd> lock = lock_state(root, id);
  if (!lock && force && lock.error().kind == Kind::not_found)
    return {};
  Fd held = TRY(std::move(lock));
  Result<Container> container = find_container(root, id);
  if (!container) {
    // A half that a killed create left, or a damaged record. What could only not be looked at now may well live.
    Kind kind = container.error().kind;
    if (!force || (kind != Kind::not_found && kind != Kind::input))
      return std::unexpected(std::move(container).error());
    TRY(end_unrecorded(state_path(root, id), id));
    return remove_state(root, id);
  }
  if (container->is_alive()) {
    if (!force && container->status != Status::created)
      return fail(Kind::state,
                  "cannot delete container " + id +
                      " that is not stopped: " + std::string(status_name(container->status)),
                  "`phial-oci kill " + id + " KILL` ends it, or `delete --force`");
    TRY(end(*container));
  }
  run_hooks(state_path(root, id), problems);
  return remove_state(root, id);
}

} // namespace phial::runtime
