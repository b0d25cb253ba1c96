#include "runtime/criu.hpp"

#include "base/text.hpp"
#include "kernel/flags.hpp"
#include "kernel/mounts.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

using Words = std::vector<std::string>;

void add_if(Words& words, bool wanted, const char* flag) {
  if (wanted)
    words.emplace_back(flag);
}

void add_common(Words& words, const CriuOptions& options, const char* log) {
  words.insert(words.end(), {"--images-dir", options.images, "--work-dir", options.work, "-v4"});
  if (options.own_log) // the command line wins over the configuration
    words.insert(words.end(), {"--log-file", log});
  if (!options.config.empty())
    words.insert(words.end(), {"--config", options.config});
  add_if(words, options.tcp_established, "--tcp-established");
  add_if(words, options.external_sockets, "--ext-unix-sk");
  add_if(words, options.shell_job, "--shell-job");
  add_if(words, options.file_locks, "--file-locks");
  add_if(words, options.lazy_pages, "--lazy-pages");
  add_if(words, options.link_remap, "--link-remap");
  add_if(words, options.auto_dedup, "--auto-dedup");
  words.push_back("--manage-cgroups=" + options.cgroups_mode);
  for (const std::string& kind : options.empty_namespaces)
    if (kind == "network")
      words.insert(words.end(), {"--empty-ns", "net"});
}

// Mounts that lead out of the container: at the dump a name for each, at the restore what it is now.
void add_external_mounts(Words& words, const spec::Spec& spec, const Words& covered, bool restore) {
  auto add = [&](const std::string& destination, const std::string& source) {
    words.insert(words.end(), {"--external", "mnt[" + destination + "]:" + (restore ? source : destination)});
  };
  for (const spec::Mount& mount : spec.mounts) {
    Result<kernel::MountOptions> options = kernel::parse_mount_options(mount.options);
    if (options && kernel::is_bind(mount.type, *options))
      add(mount.destination, mount.source);
  }
  for (const std::string& path : covered)
    add(path, "/dev/null");
}

// What the caller holds at both ends.
bool is_outside(std::string_view stream) {
  return stream.starts_with("pipe:") || stream.starts_with("file[");
}

// criu knows one file by one name, however often it is open.
bool is_first(const Words& streams, std::size_t index) {
  return std::ranges::find(streams, streams[index]) == streams.begin() + static_cast<std::ptrdiff_t>(index);
}

constexpr const char* kNetworkName = "extRootNetNS"; // runc's, so that each restores what the other saved

} // namespace

Words dump_command(const CriuOptions& options, const spec::Spec& spec, const DumpFacts& facts) {
  Words words = {options.program, options.pre_dump ? "pre-dump" : "dump", "--tree", std::to_string(facts.pid)};
  add_common(words, options, "dump.log");
  add_if(words, options.leave_running && !options.pre_dump, "--leave-running");
  add_if(words, options.tcp_skip_in_flight, "--skip-in-flight");
  add_if(words, options.pre_dump || !options.parent.empty(), "--track-mem");
  if (!options.parent.empty())
    words.insert(words.end(), {"--prev-images-dir", options.parent});
  if (!options.page_server.empty()) {
    Halves place = split_once(options.page_server, ':');
    words.insert(words.end(), {"--page-server", "--address", std::string(place.first), "--port",
                               std::string(place.second.value_or(""))});
  }
  if (options.status_fd >= 0)
    words.insert(words.end(), {"--status-fd", "3"});
  for (std::size_t i = 0; i < facts.streams.size(); ++i)
    if (facts.streams[i].starts_with("file[") && is_first(facts.streams, i))
      words.insert(words.end(), {"--external", facts.streams[i]});
  if (facts.network != 0)
    words.insert(words.end(), {"--external", "net[" + std::to_string(facts.network) + "]:" + kNetworkName});
  add_external_mounts(words, spec, facts.covered, false);
  return words;
}

Words restore_command(const CriuOptions& options, const spec::Spec& spec, const RestoreFacts& facts) {
  Words words = {options.program, "restore", "--restore-detached", "--pidfile", facts.pid_file, "--root", facts.root};
  add_common(words, options, "restore.log");
  if (!options.lsm_profile.empty())
    words.insert(words.end(), {"--lsm-profile", options.lsm_profile});
  if (!options.lsm_mount_context.empty())
    words.insert(words.end(), {"--lsm-mount-context", options.lsm_mount_context});
  for (std::size_t i = 0; i < facts.streams.size(); ++i)
    if (is_outside(facts.streams[i]) && is_first(facts.streams, i))
      words.insert(words.end(), {"--inherit-fd", "fd[" + std::to_string(i) + "]:" + facts.streams[i]});
  if (facts.network >= 0)
    words.insert(words.end(), {"--inherit-fd", "fd[" + std::to_string(facts.network) + "]:" + kNetworkName});
  add_external_mounts(words, spec, facts.covered, true);
  return words;
}

std::string stream_name(std::string_view link, std::string_view fdinfo, std::uint64_t inode,
                        std::string_view mountinfo) {
  std::optional<std::uint64_t> mount;
  for (std::string_view line : split(fdinfo, '\n'))
    if (line.starts_with("mnt_id:"))
      mount = parse_uint(trim(line.substr(7)));
  if (!mount || !link.starts_with("/"))
    return std::string(link);
  for (std::string_view line : split(mountinfo, '\n'))
    if (parse_uint(split_once(line, ' ').first) == mount)
      return std::string(link);
  return "file[" + kernel::hexadecimal(*mount).substr(2) + ":" + kernel::hexadecimal(inode).substr(2) + "]";
}

std::string criu_config(const spec::StringMap& annotations, bool (*exists)(const std::string& path)) {
  for (const auto& [name, value] : annotations)
    if (name == "org.criu.config")
      return value;
  for (const char* path : {"/etc/criu/crun.conf", "/etc/criu/runc.conf"})
    if (exists(path))
      return path;
  return {};
}

std::string criu_complaint(std::string_view log) {
  std::string_view found;
  for (std::string_view line : split(log, '\n'))
    if (line.find("Error (") != std::string_view::npos && found.empty())
      found = line;
  return std::string(trim(found));
}

} // namespace phial::runtime
