#include "runtime/lifecycle/container.hpp"

#include "base/file.hpp"
#include "kernel/process.hpp"
#include "program/journal.hpp"
#include "runtime/freezer.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "runtime/lifecycle/stored.hpp"
#include "spec/reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <limits>

namespace phial::runtime {

namespace {

std::unexpected<Error> is_missing() {
  return fail(Kind::not_found, "container does not exist");
}

// How far the init has come, by what it wrote itself: no stored word can be out of date.
Status status_of_init(const Fd& journal, const Record& record) {
  // The last of section init, by which create learns that it may return, and the first of section start: whoever comes
  // after create may come before the init is on to the latter.
  program::JournalEntry entries[2]{};
  if (record.start_index == 0)
    return Status::creating;
  auto at = static_cast<off_t>(sizeof(program::Journal) + (record.start_index - 1) * sizeof entries[0]);
  if (::pread(journal.get(), entries, sizeof entries, at) != sizeof entries)
    return Status::creating;
  if (record.waits && entries[0].begin != 0)
    return entries[1].end == 0 ? Status::created : Status::running;
  return entries[1].begin == 0 ? Status::creating : Status::running;
}

// The journal, and which process it names.
Result<Fd> read_process(const std::string& path, Record& record) {
  Result<Fd> journal = open_at(AT_FDCWD, path + "/journal", O_RDONLY);
  if (!journal && journal.error().kind == Kind::not_found)
    return is_missing();
  Fd out = TRY(std::move(journal));
  program::Journal head{};
  ssize_t n = ::pread(out.get(), &head, sizeof head, 0);
  if (n < 0)
    return fail_call("read", path + "/journal");
  if (n != sizeof head || head.pid == 0)
    return is_missing(); // it is being made, or was never made
  if (head.magic != program::kJournalMagic || head.pid < 0 ||
      head.pid_seal != program::seal_of(head.pid, head.pid_known_at, head.boot) ||
      head.pid > std::numeric_limits<pid_t>::max())
    return fail(Kind::input, path + "/journal is damaged", "`delete --force` removes what is left of the container");
  record.pid = static_cast<pid_t>(head.pid);
  record.pid_known_at = head.pid_known_at;
  return out;
}

Result<Container> load(const std::string& root, const std::string& id) {
  std::string path = state_path(root, id);
  Result<std::string> text = read_stored_record(path);
  if (!text && text.error().kind == Kind::not_found)
    return is_missing();
  Container out;
  out.record = TRY(read_record(TRY(std::move(text)), path + "/container"));
  Fd journal = TRY(read_process(path, out.record));
  if (out.record.boot == TRY(kernel::boot_id()))
    out.process = TRY(kernel::open_process_known_at(out.record.pid, out.record.pid_known_at));
  if (out.process && kernel::has_ended(out.process.get())) // a zombie: it ended, and its parent has not asked
    out.process.reset();
  if (!out.process)
    return out;
  out.status = status_of_init(journal, out.record);
  if (out.status == Status::running && is_frozen(out.record.cgroups))
    out.status = Status::paused;
  return out;
}

} // namespace

std::string_view status_name(Status status) {
  switch (status) {
  case Status::creating: return "creating";
  case Status::created: return "created";
  case Status::running: return "running";
  case Status::paused: return "paused";
  case Status::stopped: return "stopped";
  }
  return "";
}

Result<Container> find_container(const std::string& root, const std::string& id) {
  TRY(check_id(id));
  return load(root, id);
}

Result<std::vector<Container>> list_containers(const std::string& root, std::vector<std::string>* problems) {
  std::vector<Container> out;
  for (const std::string& id : TRY(list_ids(root))) {
    Result<Container> container = load(root, id);
    if (container)
      out.push_back(std::move(*container));
    else if (problems != nullptr && container.error().kind != Kind::not_found)
      problems->push_back(container.error().text());
  }
  return out;
}

Result<spec::Spec> stored_spec(const std::string& root, const std::string& id) {
  std::string path = state_path(root, id);
  Result<std::string> updated = read_file(path + "/config.json");
  if (updated || updated.error().kind != Kind::not_found)
    return spec::read_spec(TRY(std::move(updated)), path + "/config.json");
  return spec::read_spec(TRY(read_stored(path)).config(), path + "/container");
}

} // namespace phial::runtime
