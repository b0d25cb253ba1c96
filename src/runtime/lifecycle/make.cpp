#include "runtime/lifecycle/make.hpp"

#include "base/file.hpp"
#include "kernel/process.hpp"
#include "program/failure.hpp"
#include "program/link.hpp"
#include "runtime/exec_diagnosis.hpp"
#include "runtime/lifecycle/command_failure.hpp"
#include "runtime/lifecycle/state_directory.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

Result<Record> make_record(const MakeOptions& options, const Made& made, bool waits) {
  const Compiled& compiled = made.compiled;
  Record out = TRY(new_record(made.bundle, options));
  out.waits = waits;
  out.start_index = compiled.program.sections[static_cast<unsigned>(program::Section::start)].first;
  out.cgroup = compiled.cgroup;
  out.scope = compiled.scope;
  out.cgroups = compiled.cgroups;
  return out;
}

// Until the journal names it the process is nobody's: an init whose maker dies before that ends by itself.
Result<> run_host(Made& made) {
  if (made.run.run(program::Section::host) != 0)
    return fail(Kind::system, "the program failed");
  const program::WellKnownSlots& known = made.compiled.program.known;
  made.process = made.run.take(known.pidfd);
  made.record.pid = static_cast<pid_t>(made.run.slot(known.pid));
  made.record.pid_known_at = kernel::ticks_after_boot();
  made.run.note_process(made.record.pid, made.record.pid_known_at, kernel::boot_number(made.record.boot));
  return {};
}

Result<> run_beside(Made& made) {
  std::uint32_t failed = made.run.run(program::Section::beside);
  made.sync = made.run.take(made.compiled.program.known.host_sync);
  if (failed != 0)
    return fail(Kind::system, "the program failed");
  made.terminal = made.run.take(made.compiled.program.known.terminal);
  return {};
}

// The words are for whoever starts it or runs its last hooks; of a program that does neither only we tell, and have
// them made where it fails.
program::Words words_of(const MakeOptions& options, const spec::Spec& spec, bool waits) {
  return waits || options.detach || !spec.hooks.poststop.empty() ? program::Words::yes : program::Words::no;
}

Result<std::string> image_of(const Compiled& compiled) {
  return compiled.request.words == program::Words::yes ? program::link_with_texts(compiled.program)
                                                       : program::link(compiled.program);
}

Result<> make_in(Made& made, const MakeOptions& options, const std::string& image, const std::string& path) {
  Fd journal = TRY(open_at(AT_FDCWD, path + "/journal", O_RDWR | O_CREAT | O_EXCL, 0600));
  made.run = TRY(program::load_image(image, std::move(journal)));
  if (made.bundle.spec.hooks != spec::Hooks{} && ::chdir(made.bundle.directory.c_str()) != 0) // where hooks run
    return fail_call("chdir", made.bundle.directory);
  TRY(run_host(made));
  TRY(run_beside(made));
  return hand_over(options, made.record.pid, made.process, made.terminal);
}

Error told(Made& made) {
  return failure_of(with_words(made.compiled, made.bundle), made.run, made.bundle.spec, made.bundle.root);
}

bool program_failed(program::Loaded& run) {
  return run.machine().journal != nullptr && run.machine().journal->failed != 0;
}

} // namespace

Error failure_of(const program::Program& program, program::Loaded& run, const spec::Spec& spec,
                 const std::string& root) {
  Error error = journal_failure(program, run);
  if (!spec.process)
    return error;
  if (Result<Fd> directory = open_at(AT_FDCWD, root, O_PATH | O_DIRECTORY); directory)
    explain_exec(error, RootView(std::move(*directory), root_mounts(spec)), attempt_of(spec, *spec.process));
  name_command(error, *spec.process);
  return error;
}

Result<> abandon(Made& made, const std::string& root) {
  made.sync.reset(); // an init that waits for us ends by it
  if (made.process) {
    (void)kernel::send_signal(made.process.get(), SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(made.process.get()), &info, WEXITED) != 0 && errno == EINTR) {
    }
  }
  if (made.run.machine().image != nullptr) {
    (void)made.run.run(program::Section::stopped);
    TRY(made.run.undo());
  }
  return forget_state(state_path(root, made.record.id));
}

std::vector<std::string> stopped_problems(Made& made) {
  std::vector<std::string> out;
  program::Range range = made.compiled.program.sections[static_cast<unsigned>(program::Section::stopped)];
  if (range.count == 0 || made.run.machine().journal == nullptr)
    return out;
  program::Program program = with_words(made.compiled, made.bundle);
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i)
    if (long result = made.run.machine().journal->entries[i].result; result < 0)
      out.push_back(program::failure(program, i, static_cast<int>(-result)).text());
  return out;
}

Error also_left(Error error, const Error& left, const std::string& id) {
  error.hint += (error.hint.empty() ? "" : "; ") + std::string("not everything could be undone (") + left.text() +
                "): `phial-oci delete --force " + id + "` removes the rest";
  return error;
}

Result<Made> make_container(const MakeOptions& options, bool waits) {
  TRY(check_id(options.id));
  Made made;
  made.bundle = TRY(open_bundle(options.bundle, options.config));
  spec::Spec& spec = made.bundle.spec;
  TRY(check_handover(options, spec.process && spec.process->terminal));
  if (spec.process)
    tell_process(*spec.process, options);
  made.compiled = TRY(compile_bundle(made.bundle, options, waits, words_of(options, spec, waits)));
  made.record = TRY(make_record(options, made, waits));
  std::string image = TRY(image_of(made.compiled));
  made.lock = TRY(make_state(options.root, options.id, {record_text(made.record), made.bundle.text, image}));
  Result<> result = make_in(made, options, image, state_path(options.root, options.id));
  if (result)
    return made;
  Error error = program_failed(made.run) ? told(made) : std::move(result).error();
  if (Result<> left = abandon(made, options.root); !left)
    return std::unexpected(also_left(std::move(error), left.error(), options.id));
  return std::unexpected(std::move(error));
}

Result<> await_program(Made& made) {
  Result<> executed = made.run.await_exec(made.sync);
  made.sync.reset();
  if (executed)
    (void)made.run.run(program::Section::started);
  return program_failed(made.run) ? std::unexpected(told(made)) : executed;
}

bool only_end_matters(const Made& made) {
  return made.compiled.program.sections[static_cast<unsigned>(program::Section::started)].count == 0;
}

Result<> check_program(Made& made) {
  if (program_failed(made.run))
    return std::unexpected(told(made));
  return made.run.check_exec();
}

} // namespace phial::runtime
