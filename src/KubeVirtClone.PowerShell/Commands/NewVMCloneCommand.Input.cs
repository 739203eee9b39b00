using System.Collections;
using System.Management.Automation;
using KubeVirtClone.Errors;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>How New-VMClone turns what it is given into requests.</summary>
public sealed partial class NewVMCloneCommand
{
    private readonly List<VMCloneRequest> _requests = [];
    private HashSet<string> _commandLine = [];
    private CloneNaming _naming = new(null, null, 1);

    private void Begin()
    {
        _commandLine = new HashSet<string>(MyInvocation.BoundParameters.Keys, StringComparer.OrdinalIgnoreCase);
        if (_commandLine.Contains(nameof(TargetName)) && (Count is not null || NamePattern is not null))
        {
            Refuse("VMCloneNamingConflict", "-TargetName names the clones, and -Count and -NamePattern do too.", "Use either -TargetName or -Count with -NamePattern.");
        }

        if (PurgeOnSuccess && !Wait)
        {
            Refuse("PurgeNeedsWait", "-PurgeOnSuccess needs -Wait: a clone object is needed until its volumes are there.", "Add -Wait, or clean up later with Remove-VMClone -Completed.");
        }

        if (!Wait && (_commandLine.Contains(nameof(For)) || Timeout is not null)) WarnOnce("-For and -Timeout have an effect only together with -Wait.");
        try
        {
            _naming = new CloneNaming(NamePattern, Count, StartIndex);
        }
        catch (InputException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(NamePattern));
        }
    }

    private void Gather()
    {
        // `kubectl get vm -o json | ConvertFrom-Json` is one object that holds the machines.
        if (PropertyReader.GetText(InputObject, "kind")?.EndsWith("List", StringComparison.Ordinal) == true
            && PropertyReader.Get(InputObject, "items") is IEnumerable items)
        {
            foreach (var item in items) Gather(PSObject.AsPSObject(item));
            return;
        }

        Gather(InputObject);
    }

    private void Gather(PSObject? input)
    {
        try
        {
            var piped = PipedObject.Recognize(input);
            var bound = new BoundValues(_commandLine, input, piped);
            var item = new CloneItem
            {
                Piped = piped,
                GivenSources = bound.GivenNames(nameof(SourceName), SourceName),
                PipedSources = bound.PipedNames(nameof(SourceName), SourceName),
                GivenTargets = bound.GivenNames(nameof(TargetName), TargetName),
                PipedTargets = bound.PipedNames(nameof(TargetName), TargetName),
                Snapshot = bound.Text(nameof(Snapshot), Snapshot),
                GivenNamespace = _commandLine.Contains(nameof(Namespace)) ? Namespace : null,
                PipedNamespace = bound.Text(nameof(Namespace), Namespace),
                Options = new VMCloneRequest
                {
                    LabelFilter = bound.List(nameof(LabelFilter), LabelFilter),
                    AnnotationFilter = bound.List(nameof(AnnotationFilter), AnnotationFilter),
                    TemplateLabelFilter = bound.List(nameof(TemplateLabelFilter), TemplateLabelFilter),
                    TemplateAnnotationFilter = bound.List(nameof(TemplateAnnotationFilter), TemplateAnnotationFilter),
                    MacAddress = bound.Table(nameof(MacAddress), MacAddress),
                    SmbiosSerial = bound.Text(nameof(SmbiosSerial), SmbiosSerial),
                    Patch = bound.Whole(nameof(Patch), Patch),
                    VolumeNamePolicy = VolumeNamePolicy,
                },
            };
            _requests.AddRange(item.ToRequests(_naming));
        }
        catch (InputException e)
        {
            WriteError(e.ToErrorRecord(input ?? (object?)SourceName));
        }
    }

    private void Refuse(string id, string message, string action) =>
        ThrowTerminatingError(ErrorRecords.Create(id, ErrorCategory.InvalidArgument, message, action, target: null));
}
