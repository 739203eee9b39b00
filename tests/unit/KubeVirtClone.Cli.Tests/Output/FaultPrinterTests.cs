using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Cli.Tests.Output;

public sealed class FaultPrinterTests
{
    [Fact]
    public void A_fault_is_one_line_with_what_why_and_next_step()
    {
        var lines = new List<string>();
        var printer = new FaultPrinter(lines.Add);

        printer.Write(new Fault
        {
            Id = "VMCloneTargetExists",
            Category = FaultCategory.ResourceExists,
            Message = "The machine is\n  there.",
            RecommendedAction = "Take another\nname.",
            TargetName = "lab/web-3",
        });

        printer.Count.ShouldBe(1);
        lines.ShouldBe(["error: lab/web-3: The machine is there (VMCloneTargetExists). Next step: Take another name."]);
    }

    [Theory]
    [InlineData("Check name and namespace: Get-VM -AllNamespaces", "Check name and namespace: kubectl get vm --all-namespaces")]
    [InlineData("Use another context or -As.", "Use another context or --as.")]
    [InlineData("Name the file with -KubeConfig; Start-KubeVirtSandbox gives one.", "Name the file with --kubeconfig; kubectl vmclone sandbox gives one.")]
    [InlineData("See Get-VMClone -Batch lab-7.", "See kubectl vmclone get --batch lab-7.")]
    [InlineData("Give -MacAddress as 02-00-00-AA-BB-CC.", "Give --new-mac-address as 02-00-00-AA-BB-CC.")]
    [InlineData("Run the command with -Debug to see the requests.", "Run the command with -v=6 to see the requests.")]
    [InlineData("kubectl get vm -A -n lab", "kubectl get vm -A -n lab")]
    [InlineData("Give another -Version, or remove that one (Remove-VMGoldenImage).", "Give another VERSION (as NAME:VERSION), or remove that one (kubectl vmclone image remove).")]
    public void Advice_is_given_in_this_shells_words(string engine, string cli) => ShellWords.Translate(engine).ShouldBe(cli);
}
