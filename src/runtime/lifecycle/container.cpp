#include "runtime/lifecycle/container.hpp"

#include "base/file.hpp"
#include "kernel/process.hpp"
#include "program/journal.hpp"
#include "runtime/freezer.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "spec/reader.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

// How far the init has come, by what it wrote itself: no stored word can be out of date.
Status status_of_init(const std::string& path, const Record& record) {
  Result<Fd> journal = open_at(AT_FDCWD, path + "/journal", O_RDONLY);
  if (!journal)
    return Status::creating;
  // The last of section init, by which create learns that it may return, and the first of section start: whoever comes
  // after create may come before the init is on to the latter.
  program::JournalEntry entries[2]{};
  if (record.start_index == 0)
    return Status::creating;
  auto at = static_cast<off_t>(sizeof(program::Journal) + (record.start_index - 1) * sizeof entries[0]);
  if (::pread(journal->get(), entries, sizeof entries, at) != sizeof entries)
    return Status::creating;
  if (record.waits && entries[0].begin != 0)
    return entries[1].end == 0 ? Status::created : Status::running;
  return entries[1].begin == 0 ? Status::creating : Status::running;
}

Result<Container> load(const std::string& root, const std::string& id) {
  std::string path = state_path(root, id);
  Result<std::string> text = read_file(path + "/record");
  if (!text && text.error().kind == Kind::not_found)
    return fail(Kind::not_found, "container does not exist");
  Container out;
  out.record = TRY(read_record(TRY(std::move(text)), path + "/record"));
  if (out.record.boot == TRY(kernel::boot_id()))
    out.process = TRY(kernel::open_process(out.record.pid, out.record.pid_start));
  if (out.process && kernel::has_ended(out.process.get())) // a zombie: it ended, and its parent has not asked
    out.process.reset();
  if (!out.process)
    return out;
  out.status = status_of_init(path, out.record);
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
  std::string path = state_path(root, id) + "/config.json";
  return spec::read_spec(TRY(read_file(path)), path);
}

} // namespace phial::runtime
