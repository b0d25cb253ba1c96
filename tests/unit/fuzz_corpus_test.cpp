// The inputs of the fuzzers' corpora, each once, where there is no fuzzer: what was found stays mended.
#include "targets.hpp"

#include "base/file.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace phial::fuzz {

void broken(std::string_view what) {
  ADD_FAILURE() << what;
}

namespace {

struct Named {
  const char* name;
  Target target;
};

class FuzzCorpus : public testing::TestWithParam<Named> {};

TEST_P(FuzzCorpus, NothingBreaks) {
  if (GetParam().target == layer && ::geteuid() != 0)
    GTEST_SKIP() << "unpacks layers in this process, as root does";
  std::string folder = std::string(PHIAL_FUZZ_CORPUS) + "/" + GetParam().name;
  Result<std::vector<std::string>> names = list_directory(folder);
  ASSERT_TRUE(names && !names->empty()) << folder;
  for (const std::string& name : *names) {
    SCOPED_TRACE(name);
    Result<std::string> bytes = read_file(folder + "/" + name);
    ASSERT_TRUE(bytes);
    GetParam().target(*bytes);
  }
}

#define PHIAL_TARGET(name)                                                                                             \
  Named {                                                                                                              \
    #name, name                                                                                                        \
  }
INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus,
                         testing::Values(PHIAL_TARGET(command_line), PHIAL_TARGET(compressed),
                                         PHIAL_TARGET(config_json), PHIAL_TARGET(elf), PHIAL_TARGET(engine_files),
                                         PHIAL_TARGET(format_template), PHIAL_TARGET(image_documents),
                                         PHIAL_TARGET(journal), PHIAL_TARGET(json), PHIAL_TARGET(layer),
                                         PHIAL_TARGET(proc_files), PHIAL_TARGET(program_image), PHIAL_TARGET(reference),
                                         PHIAL_TARGET(seccomp_profile), PHIAL_TARGET(stored), PHIAL_TARGET(tar_archive),
                                         PHIAL_TARGET(users), PHIAL_TARGET(values)),
                         [](const testing::TestParamInfo<Named>& each) { return std::string(each.param.name); });

} // namespace

} // namespace phial::fuzz
