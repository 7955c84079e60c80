{{/* Pod settings that the Pod Security level "restricted" asks for, and more. */}}
{{- define "service.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.runAsUser }}
runAsGroup: {{ .Values.runAsUser }}
fsGroup: {{ .Values.runAsUser }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "service.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The variables that every container of the service gets: from its ConfigMap, from Secrets, from the pod. */}}
{{- define "service.environment" -}}
envFrom:
  - configMapRef:
      name: {{ .Values.name }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  {{- if .Values.database.enabled }}
  - name: PGPASSWORD
    valueFrom:
      secretKeyRef:
        name: {{ include "service.databaseSecret" . }}
        key: {{ .Values.database.secretKey }}
  {{- end }}
  {{- range $key, $from := .Values.secretEnv }}
  - name: {{ $key }}
    valueFrom:
      secretKeyRef:
        name: {{ $from.secret }}
        key: {{ $from.key }}
  {{- end }}
{{- end }}

{{/* The data of the ConfigMap; its hash decides whether pods restart and whether a migration runs. */}}
{{- define "service.config" -}}
{{- range $key, $value := .Values.env }}
{{ $key }}: {{ $value | quote }}
{{- end }}
PORT: {{ .Values.port | quote }}
OPS_PORT: {{ .Values.opsPort | quote }}
{{- range $key, $peer := .Values.peers.calls }}
{{ $key }}: {{ printf "http://%s:%d" $peer.service (int $peer.port) | quote }}
{{- end }}
{{- if .Values.database.enabled }}
PGHOST: {{ include "service.databaseHost" . | quote }}
PGPORT: {{ include "service.databasePort" . | quote }}
PGDATABASE: {{ .Values.database.name | quote }}
PGUSER: {{ .Values.database.user | quote }}
{{- with .Values.global.externalDatabase.sslMode }}
PGSSLMODE: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "service.pullSecrets" -}}
{{- with .Values.global.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
