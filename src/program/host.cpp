#include "program/host.hpp"

#include "program/check_image.hpp"
#include "program/host_operations.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace phial::program {

namespace {

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

Result<ImageHeader*> map_image(int fd, std::size_t size, int flags) {
  void* at = ::mmap(reinterpret_cast<void*>(kImageBase), size, PROT_READ | PROT_WRITE,
                    flags | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED)
    return fail_call("mmap", "the program");
  return static_cast<ImageHeader*>(at);
}

// The mapped part of an image that was just linked; texts may stand behind it.
Result<std::string_view> mapped_part(std::string_view bytes) {
  ImageHeader header{};
  if (bytes.size() < sizeof header)
    return fail(Kind::input, "the program image is truncated");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kImageMagic || header.version != kImageVersion || header.size > bytes.size())
    return fail(Kind::input, "this is no program image of this version");
  return bytes.substr(0, header.size);
}

// The same of an image that lay on a disk.
Result<std::string_view> checked_part(std::string_view bytes) {
  ImageHeader header = TRY(check_image(bytes));
  return bytes.substr(0, header.size);
}

Result<Journal*> map_journal(int fd, std::uint32_t count) {
  std::size_t size = journal_size(count);
  // With its pages: to write where a full file system has none left would be a SIGBUS.
  if (::fallocate(fd, 0, 0, static_cast<off_t>(size)) != 0 &&
      (errno != EOPNOTSUPP || ::ftruncate(fd, static_cast<off_t>(size)) != 0))
    return fail_call("fallocate", "the journal");
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED)
    return fail_call("mmap", "the journal");
  auto* journal = static_cast<Journal*>(at);
  journal->magic = kJournalMagic;
  journal->count = count;
  journal->first_nanoseconds = now();
  journal->first_ticks = ticks();
  return journal;
}

// What most undos are about: a directory, by its path.
std::string object_of(const Instruction& instruction) {
  bool is_path =
      kind_of(instruction, 0) == ArgKind::data &&
      (instruction.op == Op::call || instruction.op == Op::remove_cgroup || instruction.op == Op::remove_tree);
  return is_path ? reinterpret_cast<const char*>(instruction.args[0]) : "";
}

// Whether the init has come to executing the command. One that was killed, or that could not even map its program, has
// written down no failure.
bool has_executed(const Machine& machine) {
  Range range = machine.image->sections[static_cast<unsigned>(Section::start)];
  for (std::uint32_t at = range.first; at < range.first + range.count; ++at) {
    const Instruction& instruction = code_of(machine.image)[at];
    if (instruction.op == Op::call && (instruction.number == SYS_execve || instruction.number == SYS_execveat) &&
        machine.journal->entries[at].begin != 0)
      return true;
  }
  return false;
}

Result<> undo_in(Machine& machine) {
  NotUndone left = run_undo(machine);
  if (left.index == 0)
    return {};
  errno = static_cast<int>(-left.result);
  return fail_call("undo", object_of(code_of(machine.image)[left.index - 1]));
}

} // namespace

Loaded::Loaded(Loaded&& other) noexcept
    : machine_(std::exchange(other.machine_, {})), program_(std::move(other.program_)),
      journal_(std::move(other.journal_)) {}

Loaded& Loaded::operator=(Loaded&& other) noexcept {
  std::swap(machine_, other.machine_);
  std::swap(program_, other.program_);
  std::swap(journal_, other.journal_);
  return *this;
}

Loaded::~Loaded() {
  if (machine_.journal != nullptr)
    ::munmap(machine_.journal, journal_size(machine_.image->code_count));
  if (machine_.image != nullptr)
    ::munmap(machine_.image, machine_.image->size);
}

Fd Loaded::take(std::uint16_t index) {
  return index == kNoSlot ? Fd() : Fd(static_cast<int>(slot(index)));
}

void Loaded::leave() {
  machine_ = {};
  (void)program_.release();
  (void)journal_.release();
}

std::uint32_t Loaded::run(Section section) {
  std::uint32_t failed = run_section(machine_, section);
  machine_.journal->last_nanoseconds = now();
  machine_.journal->last_ticks = ticks();
  return failed;
}

void Loaded::note_process(std::int64_t pid, std::uint64_t known_at, std::uint64_t boot) {
  machine_.journal->boot = boot;
  machine_.journal->pid_seal = seal_of(pid, known_at, boot);
  machine_.journal->pid_known_at = known_at;
  __atomic_store_n(&machine_.journal->pid, pid, __ATOMIC_RELEASE); // whoever sees the number sees the time
}

Result<> Loaded::await_exec(const Fd& sync) {
  char byte = 0;
  ssize_t n = 0;
  do
    n = sync ? ::read(sync.get(), &byte, 1) : 0;
  while (n > 0 || (n < 0 && errno == EINTR));
  if (n < 0 && errno != ECONNRESET && machine_.journal->failed == 0)
    return fail_call("read", "the socket to phial-init");
  return check_exec();
}

Result<> Loaded::check_exec() const {
  if (machine_.journal->failed != 0)
    return fail(Kind::system, "the program failed");
  if (!has_executed(machine_))
    return fail(Kind::system, "phial-init was ended before it came to the command");
  return {};
}

Result<> Loaded::undo() {
  return undo_in(machine_);
}

Result<Loaded> load_image(std::string_view image_and_texts, Fd journal) {
  std::string_view bytes = TRY(mapped_part(image_and_texts));
  Loaded out;
  // Neither descriptor is O_CLOEXEC: phial-init inherits them, and closes them before it becomes the container.
  out.program_ = Fd(::memfd_create("phial-program", MFD_ALLOW_SEALING));
  if (!out.program_)
    return fail_call("memfd_create", "phial-program");
  TRY(write_all(out.program_.get(), bytes));
  ImageHeader* image = TRY(map_image(out.program_.get(), bytes.size(), MAP_SHARED));
  out.machine_.image = image;
  // Our own mapping stays writable, nobody can make another.
  if (::fcntl(out.program_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
    return fail_call("fcntl(F_ADD_SEALS)", "phial-program");
  out.journal_ = journal ? std::move(journal) : Fd(::memfd_create("phial-journal", 0));
  if (!out.journal_)
    return fail_call("memfd_create", "phial-journal");
  if (::fcntl(out.journal_.get(), F_SETFD, 0) != 0)
    return fail_call("fcntl(F_SETFD)", "phial-journal");
  out.machine_.journal = TRY(map_journal(out.journal_.get(), image->code_count));
  out.machine_.named = host_operation;
  if (image->program_slot != kNoSlot)
    out.set_slot(image->program_slot, static_cast<std::uint64_t>(out.program_.get()));
  if (image->journal_slot != kNoSlot)
    out.set_slot(image->journal_slot, static_cast<std::uint64_t>(out.journal_.get()));
  return out;
}

Result<Loaded> reload_image(std::string_view image_and_texts, Fd journal) {
  std::string_view bytes = TRY(checked_part(image_and_texts));
  Loaded out;
  out.machine_.image = TRY(map_image(-1, bytes.size(), MAP_PRIVATE | MAP_ANONYMOUS));
  std::memcpy(static_cast<void*>(out.machine_.image), bytes.data(), bytes.size());
  out.journal_ = std::move(journal);
  out.machine_.named = host_operation;
  std::size_t size = journal_size(out.machine_.image->code_count);
  struct stat status{};
  if (::fstat(out.journal_.get(), &status) != 0)
    return fail_call("fstat", "the journal");
  if (static_cast<std::size_t>(status.st_size) < size)
    return fail(Kind::input, "the journal is cut short");
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, out.journal_.get(), 0);
  if (at == MAP_FAILED)
    return fail_call("mmap", "the journal");
  out.machine_.journal = static_cast<Journal*>(at);
  return out;
}

Result<> undo_image(std::string_view image_and_texts, std::string_view journal) {
  std::string_view bytes = TRY(checked_part(image_and_texts));
  ImageHeader* image = TRY(map_image(-1, bytes.size(), MAP_PRIVATE | MAP_ANONYMOUS));
  std::memcpy(static_cast<void*>(image), bytes.data(), bytes.size());
  Machine machine;
  machine.image = image;
  machine.named = host_operation;
  std::string left(journal);
  auto* entries = reinterpret_cast<Journal*>(left.data());
  if (left.size() >= journal_size(image->code_count) && entries->magic == kJournalMagic &&
      entries->count == image->code_count)
    machine.journal = entries;
  Result<> result = undo_in(machine);
  ::munmap(image, bytes.size());
  return result;
}

} // namespace phial::program
