namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class CompletionTests(SandboxFixture sandbox)
{
    private const string Bash = "/bin/bash";

    [Fact]
    public async Task Offers_the_names_that_the_cluster_has()
    {
        await sandbox.RunAsync("new", "golden", "tab-1", "--batch", "tab-batch", "--wait");

        (await NamesAsync("start", "go")).ShouldContain("golden");
        (await NamesAsync("new", "golden", "")).ShouldBeEmpty("the names of new VMs are not there yet");
        (await NamesAsync("start", "golden", "go")).ShouldNotContain("golden", "it has been named");
        (await NamesAsync("get", "tab-1")).ShouldBe(["tab-1"], "a clone goes by the name of its VM");
        (await NamesAsync("get", "--target-name", "tab-")).ShouldBe(["tab-1"]);
        (await NamesAsync("new", "golden", "--target-namespace", "def")).ShouldBe(["default"]);
        (await NamesAsync("image", "copy", "an-image", "def")).ShouldBe(["default"]);
        (await NamesAsync("remove", "--batch", "tab-")).ShouldBe(["tab-batch"]);
        (await NamesAsync("get", "--namespace", "def")).ShouldBe(["default"]);
        (await NamesAsync("get", "--context=")).ShouldContain("--context=admin@sandbox");
    }

    [Fact]
    public async Task Offers_nothing_and_says_nothing_where_no_cluster_answers()
    {
        var finished = (await sandbox.RunAsync("__complete", "start", "--kubeconfig", "/nonexistent/config", "")).ShouldEndWith(0);

        finished.Output.Trim().ShouldBe(":4");
        finished.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bash_completes_by_the_script()
    {
        Assert.SkipUnless(File.Exists(Bash), "there is no bash");
        const string script = """
            source <(kubectl-vmclone completion bash)
            try() { COMP_LINE=$1; COMP_POINT=${#1}; _kubectl_vmclone; echo "${COMPREPLY[*]}"; }
            try 'kubectl-vmclone snap'
            try 'kubectl-vmclone start gold'
            try 'kubectl-vmclone get --output=y'
            """;

        var finished = await CliProcess.RunAsync(Bash, ["-c", script], await sandbox.KubeConfigAsync(), "", CliProcess.Folder);

        var lines = finished.ShouldEndWith(0).Lines;
        lines[0].ShouldBe("snapshot");
        lines[1].Split(' ').ShouldContain("golden");
        lines[2].ShouldBe("yaml", "bash itself has broken the word at the =");
    }

    [Fact]
    public async Task Kubectl_completes_its_plugin()
    {
        _ = SandboxFixture.Kubectl();
        var folder = Directory.CreateTempSubdirectory("vmclone-cli-").FullName;
        try
        {
            var script = Path.Combine(folder, "kubectl_complete-vmclone");
            File.WriteAllText(script, (await sandbox.RunAsync("completion", "kubectl")).Output);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);

            var finished = await CliProcess.RunAsync(
                SandboxFixture.Kubectl(), ["__complete", "vmclone", "start", "gold"], await sandbox.KubeConfigAsync(), "", folder + Path.PathSeparator + CliProcess.Folder);

            finished.Lines.Select(l => l.Split('\t')[0]).ShouldContain("golden");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string[]> NamesAsync(params string[] words)
    {
        var finished = (await sandbox.RunAsync(["__complete", .. words])).ShouldEndWith(0);
        return [.. finished.Lines[..^1].Select(l => l.Split('\t')[0])];
    }
}
