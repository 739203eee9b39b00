using System.Text.Json.Nodes;
using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>debug</c> does.</summary>
internal static class DebugAction
{
    public static async Task<int> RunAsync(DebugInvocation invocation, CommandContext context)
    {
        // Looking at all namespaces is looking at all clones.
        CloneSelector.Require(invocation.Selection, invocation.All || invocation.Selection.AllNamespaces, "NAME..., --batch, -l or --all");
        var selection = CloneSelector.ReadNames(invocation.Selection, context.Console.Input, NameReader.CloneName);
        var cluster = await context.ConnectAsync();
        var clones = invocation.Repair ? await CloneFinder.FindToChangeAsync(cluster, selection, context) : await CloneFinder.FindAsync(cluster, selection, context);
        // A batch is also what is not made yet.
        var diagnoses = selection is { WholeBatch: { } batch, AllNamespaces: false }
            ? await new CloneDoctor(cluster).DiagnoseBatchAsync(cluster.Namespace, batch, context.Cancelled)
            : await new CloneDoctor(cluster).DiagnoseAsync([.. clones.Select(c => c.Reference)], context.Cancelled);
        if (diagnoses.Count == 0 && context.Faults.Count == 0)
            context.WriteLine("No clones found.");
        // A document holds what was done, too; who reads a terminal sees the cause first.
        var document = invocation is { Repair: true, Output.IsDocument: true };
        var done = new Dictionary<CloneDiagnosis, JsonArray>();
        if (!document)
            Print(diagnoses, invocation, context, done);
        if (invocation.Repair)
            await RepairAsync(cluster, [.. diagnoses.Where(d => !d.Repair.IsEmpty)], invocation, context, done);
        if (document)
            Print(diagnoses, invocation, context, done);
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Print(
        IReadOnlyList<CloneDiagnosis> diagnoses, DebugInvocation invocation, CommandContext context, Dictionary<CloneDiagnosis, JsonArray> repaired)
    {
        if (invocation.Output is { } format)
        {
            using var results = new RecordResults<CloneDiagnosis>(
                context.Console, format, invocation.Repair ? DiagnosisShapes.Repaired(repaired) : DiagnosisShapes.Diagnosis, invocation.Selection.AllNamespaces, diagnoses);
            foreach (var diagnosis in diagnoses)
                results.Add(diagnosis);
            return;
        }

        // Of many, those that are done would bury those that are not.
        var shown = diagnoses.Count == 1 ? diagnoses : [.. diagnoses.Where(d => d.Health != CloneHealth.Completed)];
        var output = context.Console.Output;
        output.Write(string.Join('\n', shown.Select(d => DiagnosisShapes.Paragraph(d, context.Console is { OutputIsTerminal: true, Colour: true }))));
        output.Flush();
        if (diagnoses.Count > 1)
            context.WriteLine(string.Join(", ", diagnoses.GroupBy(d => d.Health).OrderBy(g => g.Key).Select(g => $"{g.Count()} {DiagnosisShapes.Word(g.Key)}")));
    }

    private static async Task RepairAsync(
        KubeVirtCluster cluster, List<CloneDiagnosis> repairable, DebugInvocation invocation, CommandContext context, Dictionary<CloneDiagnosis, JsonArray> done)
    {
        if (repairable.Count == 0)
            context.WriteLine("nothing to repair");
        var repair = new CloneRepair(cluster);
        var repaired = 0;
        using var lastWords = context.OnInterrupt(() => context.WriteLine($"interrupted: {repaired} of {repairable.Count} clones were repaired"));
        foreach (var diagnosis in repairable)
        {
            var steps = string.Join("; ", diagnosis.Repair.Actions.Select(a => $"{a.Operation.ToLowerInvariant()} {a.Target}"));
            if (!await Confirmation.AskAsync($"Repair {diagnosis.Reference}: {steps}", invocation.Yes, context))
            {
                context.WriteLine($"{diagnosis.Reference} was left as it is");
                continue;
            }

            if (await RepairOneAsync(repair, diagnosis, context, done[diagnosis] = []))
                repaired++;
        }
    }

    // A step that fails ends this clone's repair: those after it rely on it.
    private static async Task<bool> RepairOneAsync(CloneRepair repair, CloneDiagnosis diagnosis, CommandContext context, JsonArray done)
    {
        foreach (var step in diagnosis.Repair.Actions)
        {
            var fault = await repair.ExecuteAsync(step, context.Cancelled);
            done.Add((JsonNode)DiagnosisShapes.Step(step, fault));
            if (fault is not null)
            {
                context.Faults.Write(fault, diagnosis.Reference.ToString());
                return false;
            }

            context.WriteLine($"{diagnosis.Reference}: {step.Operation.ToLowerInvariant()} {step.Target}: done");
        }

        return true;
    }
}
