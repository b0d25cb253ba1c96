#include "runtime/libraries.hpp"

#include "base/text.hpp"
#include "runtime/command_path.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

constexpr std::size_t kMaxObjects = 1000;
constexpr std::size_t kMaxText = std::size_t{4} << 20;

std::string directory_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == 0 || slash == std::string_view::npos ? 1 : slash));
}

std::string text_of(const RootView& root, std::string_view path) {
  return RootView::reader(root.look(path))(0, kMaxText);
}

class Search {
public:
  Search(const RootView& root, const std::vector<std::string>& environment) : root_(root) {
    for (std::string_view directory : split(variable_of(environment, "LD_LIBRARY_PATH"), ':'))
      add(from_environment_, directory, "/");
  }

  std::vector<MissingLibrary> run(std::string_view program);

private:
  struct Object {
    std::string path;
    ElfNeeds needs;
  };
  void add(std::vector<std::string>& list, std::string_view directory, const std::string& origin);
  void add_list(std::vector<std::string>& list, std::string_view directories, const std::string& path);
  void set_standard(const Elf& elf);
  void read_conf(std::string_view path, int depth);
  bool load(const Looked& found);
  bool find(const std::string& name, const ElfNeeds& needs, const std::string& path);
  bool try_file(const std::string& path);

  const RootView& root_;
  std::vector<std::string> from_environment_, standard_, program_rpath_;
  std::vector<Object> objects_;
  std::vector<std::string> known_;
  std::string cache_;
  Elf program_;
  bool musl_ = false;
  bool uncertain_ = false; // a directory that cannot be looked into may hold what is missing
};

void Search::add(std::vector<std::string>& list, std::string_view directory, const std::string& origin) {
  std::string out(directory);
  for (std::string_view token : {"${ORIGIN}", "$ORIGIN"})
    for (std::size_t at = out.find(token); at != std::string::npos; at = out.find(token, at + origin.size()))
      out.replace(at, token.size(), origin);
  if (out.find('$') != std::string::npos)
    uncertain_ = true; // $LIB, $PLATFORM: what they stand for is the loader's secret
  else if (!out.empty())
    list.push_back(std::move(out));
}

void Search::add_list(std::vector<std::string>& list, std::string_view directories, const std::string& path) {
  for (std::string_view directory : split(directories, ':'))
    add(list, directory, directory_of(path));
}

// A line is a directory, or "include PATTERN"; the patterns in use are "ld.so.conf.d/*.conf".
void Search::read_conf(std::string_view path, int depth) {
  std::string text = text_of(root_, path);
  for (std::string_view line : split(text, '\n')) {
    line = trim(line.substr(0, line.find('#')));
    if (line.starts_with('/'))
      standard_.emplace_back(line);
    if (!line.starts_with("include") || depth > 3)
      continue;
    std::string pattern(trim(line.substr(7)));
    if (!pattern.starts_with('/'))
      pattern = directory_of(path) + "/" + pattern;
    std::string directory = directory_of(pattern);
    for (const std::string& name : root_.names(directory))
      if (name.ends_with(".conf"))
        read_conf(directory + "/" + name, depth + 1);
  }
}

void Search::set_standard(const Elf& elf) {
  std::string_view loader = elf.interpreter ? std::string_view(*elf.interpreter) : "";
  loader.remove_prefix(loader.rfind('/') + 1);
  musl_ = loader.starts_with("ld-musl-");
  if (musl_) {
    std::string_view machine = loader.substr(0, loader.find(".so"));
    std::string listed = text_of(root_, "/etc/" + std::string(machine) + ".path");
    for (char& c : listed)
      c = c == '\n' ? ':' : c;
    add_list(standard_, listed.empty() ? "/lib:/usr/local/lib:/usr/lib" : listed, "/");
    return;
  }
  cache_ = text_of(root_, "/etc/ld.so.cache");
  read_conf("/etc/ld.so.conf", 0);
  for (std::string_view directory : {"/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib32", "/usr/lib32"})
    standard_.emplace_back(directory);
  for (std::string_view base : {"/lib", "/usr/lib"})
    for (const std::string& name : root_.names(base))
      if (name.find("-linux-gnu") != std::string::npos)
        standard_.push_back(std::string(base) + "/" + name);
}

// Reads what it needs in turn; false where it is no library for this program.
bool Search::load(const Looked& found) {
  if (std::ranges::find(objects_, found.path, &Object::path) != objects_.end())
    return true;
  ReadAt read = RootView::reader(found);
  Result<Elf> elf = read_elf(read);
  if (!elf || elf->machine != program_.machine || elf->wide != program_.wide)
    return false;
  Result<ElfNeeds> needs = read_elf_needs(read, *elf);
  objects_.push_back({found.path, needs ? std::move(*needs) : ElfNeeds()});
  return true;
}

bool Search::try_file(const std::string& path) {
  Looked found = root_.look(path);
  uncertain_ = uncertain_ || found.hidden;
  return found.is_there() && load(found);
}

bool Search::find(const std::string& name, const ElfNeeds& needs, const std::string& path) {
  if (name.find('/') != std::string::npos)
    return try_file(name);
  if (musl_ && (name.starts_with("libc.") || name.starts_with("libpthread.") || name.starts_with("libm.") ||
                name.starts_with("libdl.") || name.starts_with("librt.") || name.starts_with("libutil.")))
    return true; // the loader itself
  std::vector<std::string> directories;
  if (needs.runpath.empty()) {
    add_list(directories, needs.rpath, path);
    directories.insert(directories.end(), program_rpath_.begin(), program_rpath_.end());
  }
  directories.insert(directories.end(), from_environment_.begin(), from_environment_.end());
  add_list(directories, needs.runpath, path);
  directories.insert(directories.end(), standard_.begin(), standard_.end());
  for (const std::string& directory : directories)
    if (try_file(directory + "/" + name))
      return true;
  // The cache holds paths, each ended by a null; the file has to be there still.
  std::size_t at = cache_.find("/" + name + '\0');
  if (at == std::string::npos)
    return false;
  std::size_t begin = cache_.rfind('\0', at) + 1;
  return try_file(cache_.substr(begin, at - begin) + "/" + name);
}

std::vector<MissingLibrary> Search::run(std::string_view program) {
  std::vector<MissingLibrary> out;
  Looked found = root_.look(program);
  Result<Elf> elf = read_elf(RootView::reader(found));
  if (!found.is_there() || !elf || !elf->interpreter)
    return out;
  program_ = std::move(*elf);
  set_standard(program_);
  if (!load(found))
    return out;
  if (objects_[0].needs.runpath.empty())
    add_list(program_rpath_, objects_[0].needs.rpath, objects_[0].path);
  for (std::size_t i = 0; i < objects_.size() && i < kMaxObjects; ++i) {
    ElfNeeds needs = objects_[i].needs; // objects_ grows
    std::string path = objects_[i].path;
    for (const std::string& name : needs.libraries) {
      if (std::ranges::find(known_, name) != known_.end())
        continue;
      known_.push_back(name);
      if (!find(name, needs, path))
        out.push_back({name, path});
    }
  }
  return uncertain_ ? std::vector<MissingLibrary>() : out;
}

} // namespace

std::vector<MissingLibrary> missing_libraries(const RootView& root, std::string_view path,
                                              const std::vector<std::string>& environment) {
  return Search(root, environment).run(path);
}

} // namespace phial::runtime
