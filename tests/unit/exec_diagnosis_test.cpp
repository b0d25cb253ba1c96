#include "runtime/exec_diagnosis.hpp"

#include "base/file.hpp"
#include "runtime/libraries.hpp"
#include "sample_elf.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace phial::runtime {
namespace {

class ExecDiagnosis : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/phial-diagnosis-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    root_ = top_ + "/root";
    directory("/");
  }
  void TearDown() override { EXPECT_TRUE(remove_tree_at(AT_FDCWD, top_)); }

  void directory(const std::string& path, mode_t mode = 0755) {
    EXPECT_TRUE(make_directories(root_ + path, 0755));
    EXPECT_EQ(::chmod((root_ + path).c_str(), mode), 0);
  }
  void file(const std::string& path, std::string_view bytes, mode_t mode = 0755) {
    directory(path.substr(0, path.rfind('/')));
    EXPECT_TRUE(write_file_atomically(root_ + path, bytes, mode));
  }
  void link(const std::string& path, const std::string& target) {
    directory(path.substr(0, path.rfind('/')));
    EXPECT_EQ(::symlink(target.c_str(), (root_ + path).c_str()), 0);
  }
  RootView view(std::vector<RootMount> mounts = {}) {
    return RootView(std::move(*open_at(AT_FDCWD, root_, O_PATH | O_DIRECTORY)), std::move(mounts));
  }
  // "message / hint"
  std::string says(std::vector<std::string> args, int number, std::vector<RootMount> mounts = {}) {
    attempt_.args = std::move(args);
    std::optional<Diagnosis> out = diagnose_exec(view(std::move(mounts)), attempt_, number);
    return out ? out->message + " / " + out->hint : "nothing";
  }

  std::string top_, root_;
  Attempt attempt_{.environment = {"PATH=/usr/bin:/bin"}};
};

TEST_F(ExecDiagnosis, InNoDirectoryOfPath) {
  file("/bin/bash", "#!/bin/bash\n");
  EXPECT_EQ(says({"bahs"}, ENOENT), "\"bahs\" is in none of /usr/bin:/bin / did you mean \"bash\"?");
  EXPECT_EQ(says({"sh"}, ENOENT), "\"sh\" is in none of /usr/bin:/bin / the image's shell is bash");
  EXPECT_EQ(says({"cd", "/tmp"}, ENOENT),
            "\"cd\" is in none of /usr/bin:/bin / cd is a command of the shell, not a program: sh -c 'cd /tmp'");
  EXPECT_NE(says({"echo hello"}, ENOENT).find("is one word"), std::string::npos);
  EXPECT_NE(says({"-it"}, ENOENT).find("before the image's name"), std::string::npos);
  EXPECT_NE(says({""}, EACCES).find("empty word"), std::string::npos);
}

TEST_F(ExecDiagnosis, AnImageWithNothingButItsProgram) {
  file("/hello", sample_elf({}));
  EXPECT_EQ(says({"sh"}, ENOENT), "\"sh\" is in none of /usr/bin:/bin / the image has none of the directories of PATH "
                                  "(/usr/bin:/bin): its program seems to be /hello");
  EXPECT_EQ(says({"/bin/sh"}, ENOENT),
            "\"/bin/sh\" is not in the container's root: it has no directory /bin / the image has none of the "
            "directories of PATH (/usr/bin:/bin): its program seems to be /hello");
}

TEST_F(ExecDiagnosis, APathThatIsNotThere) {
  file("/app/server", sample_elf({}));
  file("/bin/tool", sample_elf({}));
  EXPECT_EQ(says({"/app/servr"}, ENOENT), "\"/app/servr\" is not in the container's root / did you mean /app/server?");
  EXPECT_EQ(says({"/usr/local/bin/tool"}, ENOENT),
            "\"/usr/local/bin/tool\" is not in the container's root: it has no directory /usr / the image has it as "
            "/bin/tool");
  link("/app/current", "/opt/v2/server");
  EXPECT_NE(says({"/app/current"}, ENOENT).find("/app/current is a link to /opt/v2/server"), std::string::npos);
  attempt_.directory = "/app";
  EXPECT_NE(says({"./srv"}, ENOENT).find("(looked for from /app)"), std::string::npos);
}

TEST_F(ExecDiagnosis, WhatAMountHides) {
  file("/app/server", sample_elf({}));
  std::vector<RootMount> mounts = {{.destination = "/app", .type = RootMount::Type::empty}};
  EXPECT_EQ(says({"/app/server"}, ENOENT, mounts),
            "\"/app/server\" is not in the container's root / the image has it, but what is mounted on /app hides it: "
            "mount elsewhere");
  mounts = {{.destination = "/app"}};
  EXPECT_EQ(says({"/app/server"}, ENOENT, mounts), "nothing");
}

TEST_F(ExecDiagnosis, BindMountsAreLookedInto) {
  link("/data", "/var/data");
  directory("/var/data");
  ASSERT_TRUE(make_directories(top_ + "/host", 0755));
  ASSERT_TRUE(write_file_atomically(top_ + "/host/run", sample_elf({}), 0755));
  std::vector<RootMount> mounts = {
      {.destination = "/data/", .type = RootMount::Type::bind, .source = top_ + "/host", .no_exec = true}};
  EXPECT_EQ(says({"/data/run"}, EACCES, mounts),
            "/data/run (/var/data/run) lies on /var/data, which is mounted with noexec / mount it without noexec (a "
            "tmpfs: with the option exec), or put the program elsewhere");
}

TEST_F(ExecDiagnosis, DirectoriesAndModes) {
  file("/app/run", "#!/bin/sh\n", 0644);
  file("/bin/sh", sample_elf({}));
  EXPECT_EQ(says({"/bin"}, EACCES), "/bin is a directory, not a program / name a program in it, /bin/sh for instance");
  EXPECT_EQ(says({"/app/run"}, EACCES),
            "/app/run is not executable (mode 0644, owner 0:0) / chmod +x it where the image is made (in a Dockerfile: "
            "COPY --chmod=755); or name its interpreter: /bin/sh /app/run");
  EXPECT_EQ(says({"/app/run"}, ENOEXEC), "nothing") << "does not fit the errno";
  attempt_.uid = 1000;
  attempt_.who = {.uid = 1000, .gid = 1000, .groups = {}, .overrides = false};
  ASSERT_EQ(::chmod((root_ + "/app/run").c_str(), 0700), 0);
  EXPECT_NE(says({"/app/run"}, EACCES).find("/app/run is not executable for uid 1000 (mode 0700, owner 0:0)"),
            std::string::npos);
  directory("/app", 0700);
  EXPECT_NE(says({"/app/run"}, EACCES).find("cannot be reached by uid 1000: /app may not be searched"),
            std::string::npos);
}

TEST_F(ExecDiagnosis, Scripts) {
  file("/bin/sh", sample_elf({}));
  file("/bin/bash", sample_elf({}), 0644);
  file("/a", "#!/usr/bin/python3\n");
  file("/b", "#!/usr/local/bin/sh\n");
  file("/c", "#!/bin/sh\r\n");
  file("/d", "echo hello\n");
  file("/e", "#!\n");
  file("/f", "#!/bin/bash\n");
  EXPECT_EQ(says({"/a"}, ENOENT),
            "the script /a names the interpreter /usr/bin/python3 in its first line, which is not "
            "in the container's root / add python3 to the image, or write the script for "
            "/bin/sh, which is there");
  EXPECT_NE(says({"/b"}, ENOENT).find("the image has /bin/sh: write that into the first line"), std::string::npos);
  EXPECT_NE(says({"/c"}, ENOENT).find("ends in a carriage return"), std::string::npos);
  EXPECT_NE(says({"/c"}, ENOENT).find("dos2unix"), std::string::npos);
  EXPECT_NE(says({"/d"}, ENOEXEC).find("is a text without a #! line"), std::string::npos);
  EXPECT_NE(says({"/e"}, ENOEXEC).find("#! without an interpreter"), std::string::npos);
  EXPECT_NE(says({"/f"}, EACCES).find("the interpreter /bin/bash of /f is not executable"), std::string::npos);
}

TEST_F(ExecDiagnosis, ElfFiles) {
  file("/arm", sample_elf({.machine = 183}));
  file("/cut", sample_elf({}).substr(0, 70));
  file("/object", sample_elf({.type = 1}));
  file("/glibc", sample_elf({.interpreter = "/lib64/ld-linux-x86-64.so.2"}));
#if defined(__x86_64__)
  EXPECT_NE(says({"/arm"}, ENOEXEC).find("/arm is made for arm64, this machine is amd64"), std::string::npos);
  EXPECT_NE(says({"/arm"}, ENOEXEC).find("linux/amd64"), std::string::npos);
  EXPECT_NE(says({"/cut"}, ENOEXEC).find("/cut is a damaged ELF file: it ends before its program headers"),
            std::string::npos);
  EXPECT_NE(says({"/object"}, ENOEXEC).find("never linked"), std::string::npos);
  EXPECT_EQ(says({"/glibc"}, ENOENT),
            "/glibc needs the loader /lib64/ld-linux-x86-64.so.2, which is not in the container's root / the image has "
            "no loader at all: link the program statically, or use an image with its C library");
  file("/lib/ld-musl-x86_64.so.1", sample_elf({}));
  EXPECT_NE(says({"/glibc"}, ENOENT).find("linked against glibc, the image has musl (/lib/ld-musl-x86_64.so.1)"),
            std::string::npos);
#endif
}

TEST_F(ExecDiagnosis, TooBigAndBusy) {
  file("/run", sample_elf({}));
  EXPECT_NE(says({"/run", std::string(140000, 'x')}, E2BIG).find("argument 1 is 140000 bytes long"), std::string::npos);
  EXPECT_NE(says({"/run"}, ETXTBSY).find("/run is open for writing"), std::string::npos);
}

TEST_F(ExecDiagnosis, LinksStayInTheRoot) {
  link("/bin/up", "../../../../../../etc/passwd");
  link("/bin/loop", "loop");
  RootView root = view();
  EXPECT_EQ(root.look("/bin/up").number, ENOENT);
  EXPECT_EQ(root.look("/bin/up").path, "/etc");
  EXPECT_EQ(root.look("/bin/loop").number, ELOOP);
  EXPECT_EQ(root.look("/../../bin").path, "/bin");
  EXPECT_EQ(root.look("/").path, "/");
}

TEST_F(ExecDiagnosis, MissingLibraries) {
  SampleElf program{.interpreter = "/lib64/ld-linux-x86-64.so.2", .needed = {"liba.so", "libb.so"}};
  program.runpath = "$ORIGIN/../own";
  file("/opt/bin/run", sample_elf(program));
  file("/opt/own/liba.so", sample_elf({.needed = {"libdeep.so"}}));
  std::vector<MissingLibrary> missing = missing_libraries(view(), "/opt/bin/run", {});
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(missing[0].name, "libb.so");
  EXPECT_EQ(missing[0].needed_by, "/opt/bin/run");
  EXPECT_EQ(missing[1].name, "libdeep.so");
  EXPECT_EQ(missing[1].needed_by, "/opt/own/liba.so");
  file("/more/libb.so", sample_elf({}));
  file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
  file("/etc/ld.so.conf.d/deep.conf", "# here\n/deep\n");
  file("/deep/libdeep.so", sample_elf({}));
  EXPECT_TRUE(missing_libraries(view(), "/opt/bin/run", {"LD_LIBRARY_PATH=/more"}).empty());
}

TEST_F(ExecDiagnosis, EnvFindsNothing) {
  file("/usr/bin/env", sample_elf({}));
  file("/a", "#!/usr/bin/env -S python3 -u\n");
  file("/b", "#!/usr/bin/env env\r\n");
  attempt_.args = {"/a"};
  std::optional<Diagnosis> out = diagnose_127(view(), attempt_);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->message, "the script /a asks env for \"python3\", which is in none of /usr/bin:/bin");
  attempt_.args = {"/b"};
  out = diagnose_127(view(), attempt_);
  ASSERT_TRUE(out);
  EXPECT_NE(out->message.find("carriage return"), std::string::npos);
}

// A program of this machine, without its libraries.
TEST_F(ExecDiagnosis, ARealProgram) {
  Result<std::string> bytes = read_file("/bin/ls");
  if (!bytes)
    GTEST_SKIP() << "no /bin/ls here";
  Result<Elf> elf = read_elf([&](std::uint64_t offset, std::size_t size) {
    return offset >= bytes->size() ? std::string() : bytes->substr(offset, size);
  });
  ASSERT_TRUE(elf);
  if (!elf->interpreter)
    GTEST_SKIP() << "/bin/ls is static";
  file("/bin/ls", *bytes);
  EXPECT_NE(says({"ls"}, ENOENT).find("/bin/ls needs the loader " + *elf->interpreter), std::string::npos);
  file(*elf->interpreter, *read_file(*elf->interpreter));
  EXPECT_EQ(says({"ls"}, ENOENT), "nothing");
  std::optional<Diagnosis> out = diagnose_127(view(), attempt_);
  ASSERT_TRUE(out);
  EXPECT_NE(out->message.find("libc.so.6"), std::string::npos) << out->message;
}

TEST_F(ExecDiagnosis, TheErrorKeepsItsStep) {
  file("/bin/bash", sample_elf({}));
  attempt_.args = {"bsh"};
  Error error{.kind = Kind::command_missing, .message = "step 9 of 9: become bsh", .number = ENOENT, .hint = "old"};
  explain_exec(error, view(), attempt_);
  EXPECT_EQ(error.message, "step 9 of 9: become bsh: \"bsh\" is in none of /usr/bin:/bin");
  EXPECT_EQ(error.hint, "did you mean \"bash\"?");
  Error other{.kind = Kind::system, .message = "step 3 of 9", .number = ENOENT};
  explain_exec(other, view(), attempt_);
  EXPECT_EQ(other.message, "step 3 of 9");
}

} // namespace
} // namespace phial::runtime
