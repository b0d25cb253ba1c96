#include "runtime/lifecycle/checkpoint.hpp"

#include "base/child.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "kernel/process.hpp"
#include "runtime/lifecycle/container.hpp"
#include "runtime/lifecycle/operations.hpp"
#include "runtime/lifecycle/state_directory.hpp"

#include <sys/stat.h>

namespace phial::runtime {

namespace {

constexpr int kPatience = 10'000; // milliseconds until the processes that were saved are gone

std::vector<std::string> streams_of(pid_t pid) {
  std::vector<std::string> out;
  std::string directory = "/proc/" + std::to_string(pid);
  std::string mounts = read_file(directory + "/mountinfo").value_or("");
  for (const char* number : {"0", "1", "2"}) {
    std::string path = directory + "/fd/" + number;
    struct stat status{};
    (void)::stat(path.c_str(), &status);
    out.push_back(stream_name(read_link(path).value_or(""), read_file(directory + "/fdinfo/" + number).value_or(""),
                              status.st_ino, mounts));
  }
  return out;
}

// Of a network namespace that somebody else made: criu leaves it out.
std::uint64_t joined_network(const spec::Spec& spec) {
  const spec::Namespace* network = spec.platform.find(spec::NamespaceType::network);
  struct stat status{};
  if (network == nullptr || network->path.empty() || ::stat(network->path.c_str(), &status) != 0)
    return 0;
  return status.st_ino;
}

Result<> run_criu(const std::vector<std::string>& words, const CriuOptions& options, char** environment) {
  int status = TRY(run_on_our_streams(words, environment, options.status_fd));
  if (status == 0)
    return {};
  std::string log = options.work + "/dump.log";
  Result<std::string> text = read_file(log);
  std::string why = criu_complaint(text ? *text : std::string());
  return fail(Kind::system, "criu failed: " + (why.empty() ? "it ended with " + std::to_string(status) : why),
              "the whole story is in " + log);
}

} // namespace

CriuOptions with_config(CriuOptions options, const spec::StringMap& annotations) {
  options.config = criu_config(annotations, [](const std::string& path) { return exists(path); });
  Result<std::string> text = options.config.empty() ? std::string() : read_file(options.config);
  options.own_log = !text || text->find("log-file") == std::string::npos;
  return options;
}

std::vector<std::string> covered_files(const spec::Spec& spec, const std::string& rootfs) {
  std::vector<std::string> out;
  for (const std::string& path : spec.platform.masked_paths) {
    bool of_host = path.starts_with("/proc/") || path.starts_with("/sys/");
    struct stat status{};
    if (::stat(((of_host ? "" : rootfs) + path).c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
      out.push_back(path);
  }
  return out;
}

Result<> checkpoint_container(const std::string& root, const std::string& id, const CriuOptions& options,
                              char** environment) {
  Container container = TRY(find_container(root, id));
  Fd lock = TRY(lock_state(root, id));
  if (container.status != Status::running)
    return fail(Kind::state,
                "Container cannot be checkpointed in " + std::string(status_name(container.status)) + " state");
  spec::Spec spec = TRY(stored_spec(root, id));
  TRY(make_directories(options.images, 0700));
  TRY(make_directories(options.work, 0700));
  DumpFacts facts{container.record.pid, streams_of(container.record.pid), covered_files(spec, container.record.rootfs),
                  joined_network(spec)};
  TRY(write_file_atomically(options.images + "/" + kDescriptorsFile, to_text(Json::strings(facts.streams)), 0600));
  TRY(run_criu(dump_command(with_config(options, spec.annotations), spec, facts), options, environment));
  if (options.leave_running || options.pre_dump)
    return {};
  if (!TRY(kernel::wait_for_end(container.process.get(), kPatience)))
    return fail(Kind::state, "the container is saved, and its first process has not ended");
  lock.reset();
  return delete_container(root, id, true);
}

} // namespace phial::runtime
