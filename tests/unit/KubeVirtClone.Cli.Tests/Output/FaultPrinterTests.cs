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
}
