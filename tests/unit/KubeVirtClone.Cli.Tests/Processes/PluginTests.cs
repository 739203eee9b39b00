namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class PluginTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Works_as_kubectl_vmclone()
    {
        var made = (await sandbox.KubectlAsync(
            "", "vmclone", "new", "golden", "plugin-1", "--batch", "plugin", "--wait", "--timeout", "60s", "-o", "name")).ShouldEndWith(0);

        made.Lines.ShouldHaveSingleItem().ShouldStartWith("vmclone/plugin-1");
        (await sandbox.KubectlAsync("", "get", made.Lines[0], "-o", "name")).ShouldEndWith(0).Output.ShouldContain(made.Lines[0].Split('/')[1]);
        (await sandbox.KubectlAsync("", "vmclone", "get", "--batch", "plugin", "-n", "default")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Its_exit_code_and_errors_come_through()
    {
        var ended = (await sandbox.KubectlAsync("", "vmclone", "get", "never-there")).ShouldEndWith(1);

        ended.Error.ShouldContain("VMCloneNotFound");
        (await sandbox.KubectlAsync("", "vmclone", "wait")).ShouldEndWith(2).Error.ShouldContain("say which clones");
    }

    [Fact]
    public async Task Kubectl_lists_it_among_its_plugins()
    {
        (await sandbox.KubectlAsync("", "plugin", "list", "--name-only")).Output.ShouldContain("kubectl-vmclone");
    }
}
